"""A file is left to the garbage collector, which warns of it."""

import os

from tests.selftest.defects import honest

CAUGHT_BY = ("E6",)


def run(n, workers):
    honest.check(n, workers)
    open(os.devnull)  # noqa: SIM115 - the defect
    return honest.run(n, workers)
