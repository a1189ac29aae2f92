"""A negative number of terms is an empty sum."""

from tests.selftest.defects import honest

CAUGHT_BY = ("H1",)


def run(n, workers):
    return honest.run(max(n, 0) if type(n) is int else n, workers)
