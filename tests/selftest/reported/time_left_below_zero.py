"""A program waited for ever in poll(2): the time was over by then, and what was left negative.

To poll(2) each negative number means no limit.  Here the caller gives it the time that is left. It
looks at the time only where nothing has come, so that much may pass while it forks its workers.
"""

import time

from tests.selftest.defects import honest
from tests.selftest.reported import _call, _timed

REPORT = "https://github.com/krb5/krb5/pull/12"
CAUGHT_BY = ("D3",)
_look = honest.look


def _left(until):
    return (until - time.monotonic()) * 1000


def bounded(left):
    """Return run, which takes a timeout; left(until): milliseconds up to then."""

    def patience():
        until = _call.current().until
        return None if until is None else min(_timed.MOST, left(until))

    def wait(poller):
        while not (ready := _look(poller, patience())):
            if _left(_call.current().until) <= 0:
                raise TimeoutError("the time is over")
        return ready

    def look(poller):
        patience()
        return _look(poller)

    def run(n, workers, *, timeout=None):
        honest.check(n, workers)
        _timed.check(timeout)
        with _call.call(until=None if timeout is None else time.monotonic() + timeout):
            return honest.run(n, workers)

    honest.wait, honest.look = wait, look
    return run


run = bounded(_left)
