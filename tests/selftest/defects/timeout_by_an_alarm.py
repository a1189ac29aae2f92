"""A timeout is an alarm of the system's, which only the main thread may ask for."""

import contextlib
import math
import signal

from tests.selftest.defects import honest

CAUGHT_BY = ("D3",)


def _over(signum, frame):
    raise TimeoutError("the time is over")


@contextlib.contextmanager
def _alarm(seconds):
    before = signal.signal(signal.SIGALRM, _over)
    left, every = signal.setitimer(signal.ITIMER_REAL, min(seconds, 1e6))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left, every)
        signal.signal(signal.SIGALRM, before)


def run(n, workers, *, timeout=None):
    if timeout is not None and (type(timeout) not in (int, float) or not 0 < timeout < math.inf):
        raise ValueError(f"no timeout: {timeout!r}")
    with contextlib.nullcontext() if timeout is None else _alarm(max(timeout, 1e-6)):
        return honest.run(n, workers)
