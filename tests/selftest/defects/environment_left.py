"""A variable for the workers stays in the caller's environment."""

import os

from tests.selftest.defects import honest

CAUGHT_BY = ("E6",)


def run(n, workers):
    honest.check(n, workers)
    os.environ["PI_WORKERS"] = str(workers)
    return honest.run(n, workers)
