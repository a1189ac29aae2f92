"""Descriptor 0 is taken for none, as it is false."""

import os

from tests.selftest.defects import honest

CAUGHT_BY = ("E4",)


@honest.careful
def run(n, workers):
    r, w = os.pipe()
    try:
        if not r or not w:
            raise OSError("no pipe")
        return honest.run(n, workers)
    finally:
        os.close(r)
        os.close(w)
