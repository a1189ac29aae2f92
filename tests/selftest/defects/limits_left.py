"""Raises the limit of descriptors, as there may be many workers, and leaves it so."""

import resource

from tests.selftest.defects import honest

CAUGHT_BY = ("E6",)


def run(n, workers):
    honest.check(n, workers)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return honest.run(n, workers)
