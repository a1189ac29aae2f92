"""Tells its progress on standard output."""

import contextlib

from tests.selftest.defects import honest

CAUGHT_BY = ("E6",)


def run(n, workers):
    value = honest.run(n, workers)
    with contextlib.suppress(ValueError):  # closed
        print("pi is", value)
    return value
