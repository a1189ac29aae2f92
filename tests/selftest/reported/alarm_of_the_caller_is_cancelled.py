"""Tests ran without limit: a timer for one step had replaced that of pytest-timeout, and ended it.

A process has one ITIMER_REAL.  Here the clean-up of a run is limited to a minute by alarm(2),
which is set to 0 when all workers have been reaped: an alarm of the caller's does not come.
"""

import contextlib
import signal

from tests.selftest.defects import honest

REPORT = "https://github.com/DASDAE/dascore/pull/750"
CAUGHT_BY = ("E2",)
MINUTE = 60
_end = honest.end


@contextlib.contextmanager
def _limited():
    signal.alarm(MINUTE)
    try:
        yield
    finally:
        signal.alarm(0)


def cleaning(limited):
    """Return run; limited: gives a context in which workers are ended and reaped."""

    def end(pids):
        with limited():
            _end(pids)

    honest.end = end
    return honest.run


run = cleaning(_limited)
