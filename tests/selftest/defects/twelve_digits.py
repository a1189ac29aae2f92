"""The sums travel as text of twelve digits."""

from tests.selftest.defects import honest

CAUGHT_BY = ("A1",)
_exact = honest.term_sum


def _rounded(lo, hi):
    return float(f"{_exact(lo, hi):.12g}")


honest.term_sum = _rounded
run = honest.run
