"""The memory that the workers write to stays mapped."""

import mmap

from tests.selftest.defects import honest

CAUGHT_BY = (
    "B1",
    "B2",
)
_kept = []


def run(n, workers):
    honest.check(n, workers)
    try:
        return honest.run(n, workers)
    finally:
        _kept.append(mmap.mmap(-1, 4096))
