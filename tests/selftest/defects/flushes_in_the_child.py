"""Flushes standard output in the worker, where the caller's text is in the buffer too."""

import sys

from tests.selftest.defects import honest

CAUGHT_BY = ("E5",)
_send = honest.send


def _and_flush(fd, lo, hi):
    _send(fd, lo, hi)
    if sys.stdout is not None:
        sys.stdout.flush()


honest.send = _and_flush
run = honest.run
