"""Flushes standard output in the worker, where the caller's text is in the buffer too."""

import contextlib
import sys

from tests.selftest.defects import honest

CAUGHT_BY = ("E5",)
_send = honest.send


def _and_flush(fd, lo, hi):
    _send(fd, lo, hi)
    with contextlib.suppress(AttributeError, ValueError):  # it is None, or closed
        sys.stdout.flush()


honest.send = _and_flush
run = honest.run
