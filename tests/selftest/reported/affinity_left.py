"""The process may use one core only, after a library pinned it there: CPU affinity is left behind.

Here the caller pins itself to one of its cores before it forks, and does not take that back.
"""

import os

from tests.selftest.defects import honest

REPORT = "https://github.com/numpy/numpy/pull/4580"
CAUGHT_BY = ("E6",)


def pin():
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def run(n, workers):
    honest.check(n, workers)
    pin()
    return honest.run(n, workers)
