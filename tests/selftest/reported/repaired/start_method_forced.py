"""It has a context of its own, by multiprocessing.get_context("fork")."""

import multiprocessing

from tests.selftest.defects import honest


def run(n, workers):
    honest.check(n, workers)
    multiprocessing.get_context("fork")
    return honest.run(n, workers)
