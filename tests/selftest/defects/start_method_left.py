"""Sets the start method of multiprocessing for the whole program."""

import multiprocessing

from tests.selftest.defects import honest

CAUGHT_BY = ("E6",)


def run(n, workers):
    honest.check(n, workers)
    multiprocessing.set_start_method("fork", force=True)
    return honest.run(n, workers)
