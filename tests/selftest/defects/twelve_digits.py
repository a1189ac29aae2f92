"""The sums travel as text of twelve digits."""

from tests.selftest.defects import honest

CAUGHT_BY = (
    "A1",
    "A2",
    "A3",
    "A4",
    "A5",
    "B4",
    "C3",
    "C6",
    "C11",
    "D1",
    "D2",
    "E1",
    "E2",
    "E3",
    "E4",
    "E6",
    "E7",
    "E8",
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
_exact = honest.term_sum


def _rounded(lo, hi):
    return float(f"{_exact(lo, hi):.12g}")


honest.term_sum = _rounded
run = honest.run
