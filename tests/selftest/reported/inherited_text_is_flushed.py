"""A program forked a server with text in its buffer: the text came twice where it went to a file.

fork(2) copies the buffers of sys.stdout.  Here a worker flushes them before it exits, so that
nothing is lost which its work has printed.
"""

import contextlib
import sys

from tests.selftest.defects import honest

REPORT = "https://github.com/certbot/certbot/pull/477"
CAUGHT_BY = ("E5",)
_send = honest.send


def _send_and_flush(fd, lo, hi):
    _send(fd, lo, hi)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError, OSError):  # none, or closed
            stream.flush()


honest.send = _send_and_flush
run = honest.run
