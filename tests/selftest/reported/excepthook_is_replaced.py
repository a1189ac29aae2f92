"""A library set sys.excepthook, and so changed how programs that import it tell uncaught errors.

Here a run does, so that an uncaught error of a worker names its pid.
"""

import os
import sys

from tests.selftest.defects import honest

REPORT = "https://github.com/1200wd/bitcoinlib/issues/423"
CAUGHT_BY = ("E6",)


def _named(kind, error, trace):
    print(f"pid {os.getpid()}: {kind.__name__}: {error}", file=sys.stderr)


def run(n, workers):
    honest.check(n, workers)
    sys.excepthook = _named
    return honest.run(n, workers)
