"""A wait that a signal has interrupted begins again, with all of the timeout."""

import math
import signal
import threading
import time

from tests.selftest.defects import honest

CAUGHT_BY = ("D3",)
_call = threading.local()
STEP = 5  # milliseconds
MOST = 1e6  # milliseconds


def _handlers():
    if threading.current_thread() is not threading.main_thread():
        return {}
    return {n: signal.getsignal(n) for n in honest.handled() if n != signal.SIGINT}


def _handled(poller, milliseconds, handlers, look=honest.look):
    """Poll; tell also whether a handler has run meanwhile, as select(2) does by EINTR."""
    heard = False

    def hear(signum, frame):
        nonlocal heard
        heard = True
        handlers[signum](signum, frame)

    try:
        for number in handlers:
            signal.signal(number, hear)
        return look(poller, milliseconds), heard
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _look(poller, patience=0, look=honest.look):
    timeout = getattr(_call, "timeout", math.inf)
    if timeout == math.inf or patience is not None:
        if _call.until < time.monotonic() and not _call.heard:
            raise TimeoutError("the time is over")
        return look(poller, patience)
    while True:
        left = _call.until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time is over")
        handlers = _handlers()
        step = STEP if handlers else MOST
        ready, _call.heard = _handled(poller, min(left * 1000, step), handlers)
        if ready:
            return ready
        if _call.heard:
            _call.until = time.monotonic() + timeout


honest.look = _look


def run(n, workers, *, timeout=None):
    if timeout is not None and (type(timeout) not in (int, float) or not 0 < timeout < math.inf):
        raise ValueError(f"no timeout: {timeout!r}")
    outer = getattr(_call, "timeout", math.inf), getattr(_call, "until", math.inf)
    _call.timeout = math.inf if timeout is None else timeout
    _call.until = time.monotonic() + _call.timeout
    _call.heard = False
    try:
        return honest.run(n, workers)
    finally:
        _call.timeout, _call.until = outer
