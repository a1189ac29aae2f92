"""A worker ends by sys.exit, and so runs what the caller has in `finally`."""

import sys

from tests.selftest.defects import honest

CAUGHT_BY = (
    "A1",
    "A2",
    "A4",
    "A5",
    "B2",
    "B3",
    "B4",
    "C7",
    "C8",
    "C9",
    "C10",
    "C11",
    "D1",
    "D2",
    "E1",
    "E2",
    "E3",
    "E4",
    "E5",
    "E6",
    "E7",
    "E8",
    "F1",
    "F2",
    "F3",
    "G1",
    "G3",
    "G4",
    "G5",
    "G6",
)


def _child(parent, r, w, lo, hi):
    honest.PRCTL(honest.PR_SET_PDEATHSIG, 9)
    honest.end = lambda pids: None  # its brothers are not its children
    honest.send(w, lo, hi)
    sys.exit(0)


honest.child = _child
run = honest.run
