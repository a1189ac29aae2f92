"""Popen.wait with a timeout was a busy loop: it looked, and slept for up to 50 ms, again and again.

Here the caller waits so where there is a timeout; without one it sleeps in poll(2).
"""

import time

from tests.selftest.defects import honest
from tests.selftest.reported import _call, _timed

REPORT = "https://github.com/python/cpython/issues/83069"
CAUGHT_BY = ("D2",)
LEAST, MOST = 0.0005, 0.05  # seconds


def _in_steps(wait):
    """Return a function that waits as Popen did, or by wait where there is no timeout."""

    def stepwise(poller):
        if _call.current().until is None:
            return wait(poller)
        step = LEAST
        while not (ready := honest.look(poller)):
            time.sleep(step)
            step = min(2 * step, MOST)
        return ready

    return stepwise


run = _timed.timed()
honest.wait = _in_steps(honest.wait)
