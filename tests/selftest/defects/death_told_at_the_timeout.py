"""With a timeout it waits for results alone, and tells of a death when the time is over."""

import math
import threading
import time

from tests.selftest.defects import honest

CAUGHT_BY = ("D3",)
_call = threading.local()
_take = honest.take
MOST = 1e6  # milliseconds


def _left():
    return getattr(_call, "until", math.inf) - time.monotonic()


def _look(poller, patience=0, look=honest.look):
    while True:
        left = _left()
        if left <= 0:
            raise TimeoutError("the time is over")
        wait = min(MOST, left * 1000) if patience is None and left < math.inf else patience
        ready = look(poller, wait)
        if ready or patience is not None:
            return ready


def _lost(pid, status, said, lost=honest.lost):
    if _left() < math.inf:
        while _left() > 0:
            time.sleep(min(1, max(0, _left())))
        raise TimeoutError("the time is over")
    lost(pid, status, said)


honest.look, honest.lost = _look, _lost


def run(n, workers, *, timeout=None):
    if timeout is not None and (type(timeout) not in (int, float) or not 0 < timeout < math.inf):
        raise ValueError(f"no timeout: {timeout!r}")
    outer = getattr(_call, "until", math.inf)
    _call.until = math.inf if timeout is None else time.monotonic() + timeout
    try:
        return honest.run(n, workers)
    finally:
        _call.until = outer
