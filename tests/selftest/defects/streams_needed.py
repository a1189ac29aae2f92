"""Flushes sys.stdout, which may be None, or closed, or have no such method."""

import sys

from tests.selftest.defects import honest

CAUGHT_BY = ("E4",)


def run(n, workers):
    sys.stdout.flush()
    return honest.run(n, workers)
