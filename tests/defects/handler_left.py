"""Sets a handler for SIGCHLD and forgets it."""

import signal

from tests.defects import honest

CAUGHT_BY = ("E2",)


def run(n, workers):
    honest.check(n, workers)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    return honest.run(n, workers)
