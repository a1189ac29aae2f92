"""A signal broke into a call of logging, and its handler logged too: both wanted one lock: a hang.

Here one run at a time is under way, by a lock of the module.  A handler that breaks into a run, and
calls `run`, waits for the lock of the run that waits for it.
"""

import contextlib
import threading

from tests.selftest.defects import honest

REPORT = "https://github.com/patroni/patroni/pull/3413"
CAUGHT_BY = ("E7",)


def under(lock):
    """Return run, which holds lock."""

    @honest.careful
    def run(n, workers):
        with lock:
            return honest.run(n, workers)

    return run


none = contextlib.nullcontext()
run = under(threading.Lock())
