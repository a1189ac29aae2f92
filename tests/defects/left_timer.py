"""A timer against hanging is not cancelled."""

import signal

from tests.defects import honest

CAUGHT_BY = (
    "A4",
    "E2",
    "E4",
    "F2",
    "F3",
)


def run(n, workers):
    value = honest.run(n, workers)
    signal.setitimer(signal.ITIMER_REAL, 3600)
    return value
