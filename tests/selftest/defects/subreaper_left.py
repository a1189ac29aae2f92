"""Adopts the orphans of its workers by prctl(2), and goes on adopting those of all processes."""

from tests.selftest.defects import honest

CAUGHT_BY = ("E6",)
PR_SET_CHILD_SUBREAPER = 36


def run(n, workers):
    honest.check(n, workers)
    honest.PRCTL(PR_SET_CHILD_SUBREAPER, 1)
    return honest.run(n, workers)
