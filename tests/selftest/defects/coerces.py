"""Arguments are made to fit."""

from tests.selftest.defects import honest

CAUGHT_BY = ("H1", "H2")


def run(n, workers):
    """Take anything for a number."""
    return honest.run(abs(int(n or 0)), max(1, int(workers or 1)))
