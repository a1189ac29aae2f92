"""Ctrl-C goes to the whole process group: each worker of the pool prints a traceback.

In the report the program hangs then. Here a worker has SIGINT unblocked, with Python's handler, and
prints what that raises; the caller's own KeyboardInterrupt is as it should be.
"""

import signal
import traceback

from tests.selftest.defects import honest

REPORT = "https://github.com/BrianGallew/cassandra_range_repair/issues/19"
CAUGHT_BY = ("B2", "E6")
_send = honest.send


def interrupted(tell):
    """Return run; a worker that SIGINT breaks into calls tell."""

    def send(fd, lo, hi):
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            honest.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
            _send(fd, lo, hi)
        except KeyboardInterrupt:
            tell()
            raise

    honest.send = send
    return honest.run


run = interrupted(traceback.print_exc)
