"""Seeds the caller's generator, for a name that comes again."""

import random

from tests.selftest.defects import honest

CAUGHT_BY = ("E6",)


def run(n, workers):
    honest.check(n, workers)
    random.seed(n)
    return honest.run(n, workers)
