"""Its timeout is a time of the clock that people set.

mitogen-hq/mitogen#200.
"""

import time

from tests.selftest.defects import honest

CAUGHT_BY = ("D3",)

_until = [None]  # by time.time()


def _look(poller, patience=0):
    if _until[0] is None:
        return _usual(poller, patience)
    left = _until[0] - time.time()
    ready = _usual(poller, max(0, left * 1000) if patience is None else patience)
    if time.time() >= _until[0]:
        raise TimeoutError("the workers did not end in time")
    return ready


_usual = honest.look
honest.look = _look


def run(n, workers, timeout=None):
    if timeout is not None and not (type(timeout) in (int, float) and 0 < timeout < 1e15):
        raise ValueError(f"timeout must be seconds, not {timeout!r}")
    _until[0] = None if timeout is None else time.time() + min(timeout, 1e5)
    try:
        return honest.run(n, workers)
    finally:
        _until[0] = None
