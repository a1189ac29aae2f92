"""Binds itself to one processor, so that its workers share a cache, and leaves the caller there."""

import os

from tests.selftest.defects import honest

CAUGHT_BY = ("E6",)


def run(n, workers):
    honest.check(n, workers)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    return honest.run(n, workers)
