"""A worker that fails returns into the caller's code."""

import os

from tests.selftest.defects import honest

CAUGHT_BY = (
    "C8",
    "E5",
)


def _child(parent, r, w, lo, hi):
    honest.PRCTL(honest.PR_SET_PDEATHSIG, 9)
    if os.getppid() != parent:
        os._exit(1)
    os.close(r)
    honest.send(w, lo, hi)
    os._exit(0)


honest.child = _child
run = honest.run
