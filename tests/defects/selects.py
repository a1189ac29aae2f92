"""Waits by select(2), which ends at descriptor 1023."""

import os
import select

from tests.defects import honest

CAUGHT_BY = ("E4",)


def run(n, workers):
    honest.check(n, workers)
    r, w = os.pipe()
    try:
        select.select([r], [], [], 0)
        return honest.run(n, workers)
    finally:
        os.close(r)
        os.close(w)
