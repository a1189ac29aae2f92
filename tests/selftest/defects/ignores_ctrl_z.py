"""Blocks the signal of Ctrl-Z, so that a run cannot be stopped."""

import signal

from tests.selftest.defects import honest

CAUGHT_BY = ("B2",)


def run(n, workers):
    honest.check(n, workers)
    before = honest.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTSTP})
    try:
        return honest.run(n, workers)
    finally:
        honest.pthread_sigmask(signal.SIG_SETMASK, before)
