"""subprocess: where a standard stream is closed, a pipe gets its number, and is replaced by dup2.

The report has a caller that runs with descriptor 0 or 1 closed.  Here a worker has /dev/null for
its standard streams.  If the caller has closed its own, one of these numbers is the worker's pipe.
"""

import fcntl
import os

from tests.selftest.defects import honest

REPORT = "https://github.com/python/cpython/issues/77025"
CAUGHT_BY = ("E4",)
_send = honest.send


def to_null():
    null = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        if null != standard:
            os.dup2(null, standard)
    if null > 2:
        os.close(null)


def redirected(channel):
    """Return run; channel: gives the descriptor that a worker sends by, of that of its pipe."""

    def send(fd, lo, hi):
        fd = channel(fd)
        to_null()
        try:
            _send(fd, lo, hi)
        except BaseException as error:  # noqa: BLE001 - it exits
            os.write(fd, b"!" * 8 + honest.described(error))
            os._exit(1)

    honest.send = send
    return honest.run


def above(fd):
    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 3)


run = redirected(lambda fd: fd)
