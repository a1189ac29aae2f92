"""honest.run with a timeout."""

import math
import time

from tests.selftest.defects import honest
from tests.selftest.reported import _call

_look = honest.look
MOST = 2**31 - 1  # milliseconds that poll(2) takes, an int


def milliseconds(seconds):
    return min(MOST, seconds * 1000)


def check(timeout):
    if timeout is not None and (type(timeout) not in (int, float) or not 0 < timeout < math.inf):
        raise ValueError(f"a timeout is a number of seconds above 0, not {timeout!r}")


def timed(*, clock=time.monotonic, patience=milliseconds, check=check, over=lambda: None):
    """Return run, which takes a timeout.

    clock: seconds; patience: what poll(2) is given for so many seconds; over: called at the
    end of the time, before the error.
    """

    def left():
        until = _call.current().until
        return math.inf if until is None else max(0.0, until - clock())

    def expired():
        if left() == 0:
            over()
            raise TimeoutError("the time is over")

    def look(poller):
        ready = _look(poller)
        expired()
        return ready

    def wait(poller):
        while True:
            seconds = left()
            ready = _look(poller, None if seconds == math.inf else patience(seconds))
            expired()
            if ready:
                return ready

    def run(n, workers, *, timeout=None):
        honest.check(n, workers)
        check(timeout)
        with _call.call(until=clock() + timeout if timeout else None, pipes=[]):
            return honest.run(n, workers)

    honest.wait, honest.look = wait, look
    return run
