"""No more workers than the machine has processors, whatever was asked for."""

import os

from tests.selftest.defects import honest

CAUGHT_BY = ("A5",)


def run(n, workers):
    honest.check(n, workers)
    return honest.run(n, min(workers, os.cpu_count()))
