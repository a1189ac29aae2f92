"""gunicorn: after each worker that it started, the master slept for up to a tenth of a second.

Here the caller does, so that not all workers begin at once.
"""

import random
import time

from tests.selftest.defects import honest

REPORT = "https://github.com/benoitc/gunicorn/issues/2777"
CAUGHT_BY = ("D2",)
_watch = honest.watch
_chance = random.SystemRandom()


def _watch_and_sleep(pid, r, pids, open_now, poller):
    _watch(pid, r, pids, open_now, poller)
    time.sleep(0.1 * _chance.random())


honest.watch = _watch_and_sleep
run = honest.run
