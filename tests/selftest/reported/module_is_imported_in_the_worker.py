"""A job hung in an import: a thread had been importing that module when the worker was forked.

Python makes the lock of each module anew at an import, and not in a child of fork.  Here a
module is imported where it is first used, by workers and by their caller.  It shows where two
threads make the first runs of a process: one imports as its run ends, while the other forks.
"""

import importlib

from tests.selftest.defects import honest

REPORT = "https://github.com/iloveitaly/celery-healthcheck/issues/45"
CAUGHT_BY = ("E1",)
MISSED = "it hangs once in a hundred runs beside a thread that imports"


def late():
    return importlib.import_module("statistics")


def using(module):
    def term_sum(lo, hi):
        return module().fsum(1.0 / (2 * k + 1) ** 2 for k in range(lo, hi))

    def combine(sums):
        return module().sqrt(8 * module().fsum(sums))

    honest.term_sum, honest.combine = term_sum, combine
    return honest.run


run = using(late)
