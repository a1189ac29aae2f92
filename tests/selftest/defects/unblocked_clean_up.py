"""Signals are blocked while workers are started, and no more when they are ended."""

import signal

from tests.selftest.defects import honest

CAUGHT_BY = ("B2",)
_end = honest.end


def _end_unblocked(pids):
    honest.pthread_sigmask(signal.SIG_UNBLOCK, honest.handled())
    _end(pids)


honest.end = _end_unblocked
run = honest.run
