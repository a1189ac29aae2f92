"""A worker of multiprocessing closes sys.stdin: AttributeError where a shell has put its own there.

Here each worker does so, and opens /dev/null in its place. sys.stdin is None in a program without
descriptor 0.
"""

import contextlib
import os
import sys

from tests.selftest.defects import honest

REPORT = "https://github.com/bpython/bpython/issues/566"
CAUGHT_BY = ("E4",)
_send = honest.send


def without_stdin(*expected):
    """Return run.

    expected: exceptions of closing sys.stdin that a worker goes on after.
    """

    def send(fd, lo, hi):
        with contextlib.suppress(*expected):
            sys.stdin.close()
        sys.stdin = open(os.devnull)  # noqa: SIM115 - for as long as the worker lives
        _send(fd, lo, hi)

    honest.send = send
    return honest.run


run = without_stdin(ValueError)
