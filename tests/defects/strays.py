"""A worker that fails returns into the caller's code."""

import os

from tests.defects import honest

CAUGHT_BY = (
    "B2",
    "B3",
    "C8",
    "E5",
)


def _child(parent, r, w, lo, hi):
    honest.PRCTL(honest.PR_SET_PDEATHSIG, 9)
    os.close(r)
    honest.send(w, lo, hi)
    os._exit(0)


honest.child = _child
run = honest.run
