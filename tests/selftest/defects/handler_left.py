"""Sets a handler for SIGCHLD and forgets it."""

import signal
import threading

from tests.selftest.defects import honest

CAUGHT_BY = ("E2",)


def run(n, workers):
    honest.check(n, workers)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
    return honest.run(n, workers)
