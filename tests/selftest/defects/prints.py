"""Tells its progress on standard output."""

from tests.selftest.defects import honest

CAUGHT_BY = ("E6",)


def run(n, workers):
    value = honest.run(n, workers)
    print("pi is", value)
    return value
