"""honest.run with a time limit, which is heeded while it waits and between two forks."""

import math
import threading
import time

from tests.selftest.defects import honest

MOST = 1e6  # milliseconds, which is less than poll(2) takes
_call = threading.local()
_look = honest.look


def end_of(timeout):
    """Give the time at which timeout, a positive number of seconds or None, is over."""
    if timeout is None:
        return math.inf
    if type(timeout) not in {int, float} or not 0 < timeout < math.inf:
        raise ValueError(f"timeout must be a positive number of seconds, not {timeout!r}")
    return time.monotonic() + timeout


def most(milliseconds):
    return min(MOST, milliseconds)


def look(poller, patience=0):
    until = getattr(_call, "until", math.inf)
    while True:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time is over")
        wait = patience
        if patience is None and left < math.inf:
            wait = _call.limit(left * 1000)
        ready = _look(poller, wait)
        if ready or patience is not None:
            return ready


def run(n, workers, until, limit=most):
    """Run until then, by the monotonic clock; limit makes of milliseconds what poll(2) takes."""
    outer = getattr(_call, "until", math.inf), getattr(_call, "limit", most)
    try:
        _call.until, _call.limit = until, limit
        return honest.run(n, workers)
    finally:
        _call.until, _call.limit = outer


honest.look = look
