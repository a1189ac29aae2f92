"""A timer against hanging is not cancelled."""

import signal

from tests.selftest.defects import honest

CAUGHT_BY = ("A4", "B1", "B2", "E2")


def run(n, workers):
    try:
        return honest.run(n, workers)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 3600)
