"""Guards itself by an alarm, and takes the caller's."""

import signal

from tests.selftest.defects import honest

CAUGHT_BY = ("A4", "E2")


def run(n, workers):
    honest.check(n, workers)
    signal.alarm(60)
    try:
        return honest.run(n, workers)
    finally:
        signal.alarm(0)
