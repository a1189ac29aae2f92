"""Turns the garbage collector off around its forks, and on whatever it was."""

import gc

from tests.selftest.defects import honest

CAUGHT_BY = ("E6",)


def run(n, workers):
    gc.disable()
    return honest.run(n, workers)
