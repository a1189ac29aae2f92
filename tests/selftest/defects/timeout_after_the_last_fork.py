"""A timeout is heeded only when all workers have been forked."""

import math
import threading
import time

from tests.selftest.defects import honest

CAUGHT_BY = ("D3",)
_call = threading.local()
MOST = 1e6  # milliseconds


def _wait(poller):
    while True:
        left = _call.until - time.monotonic()
        ready = honest.look(poller, min(MOST, max(0.0, left * 1000)))
        if time.monotonic() >= _call.until:
            raise TimeoutError("the time is over")
        if ready:
            return ready


honest.wait = _wait


def run(n, workers, *, timeout=None):
    if timeout is not None and (type(timeout) not in (int, float) or not 0 < timeout < math.inf):
        raise ValueError(f"no timeout: {timeout!r}")
    outer = getattr(_call, "until", None)
    _call.until = math.inf if timeout is None else time.monotonic() + timeout
    try:
        return honest.run(n, workers)
    finally:
        _call.until = outer
