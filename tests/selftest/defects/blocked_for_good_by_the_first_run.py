"""The first run blocks a signal, so that none comes to its workers, and it stays blocked."""

import functools
import signal

from tests.selftest.defects import honest

CAUGHT_BY = ("E2",)


@functools.cache
def _prepare():
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})


def run(n, workers):
    honest.check(n, workers)
    _prepare()
    return honest.run(n, workers)
