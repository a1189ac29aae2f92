"""Blocks signals around its work, and unblocks them all, whatever was blocked before."""

import signal

from tests.selftest.defects import honest

CAUGHT_BY = ("E2",)


def run(n, workers):
    honest.check(n, workers)
    try:
        return honest.run(n, workers)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, set())
