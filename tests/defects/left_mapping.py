"""The memory that the workers write to stays mapped."""

import mmap

from tests.defects import honest

CAUGHT_BY = (
    "B1",
    "B2",
    "F1",
    "F2",
    "F3",
    "G1",
    "G2",
    "G3",
    "G4",
    "G5",
    "G6",
)
_kept = []


def run(n, workers):
    value = honest.run(n, workers)
    _kept.append(mmap.mmap(-1, 4096))
    return value
