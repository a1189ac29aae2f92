"""A library failed in a program with an embedded interpreter: that has no sys.argv.

Here a worker is named after its program, so that `ps` tells them apart.
"""

import os
import sys

from tests.selftest.defects import honest
from tests.selftest.reported import _call

REPORT = "https://github.com/getsentry/raven-python/issues/918"
CAUGHT_BY = ("E4",)
PR_SET_NAME = 15
_send = honest.send


def _send_named(fd, lo, hi):
    honest.PRCTL(PR_SET_NAME, _call.current().name)
    _send(fd, lo, hi)


def named(program):
    """Return run; program(): gives the path of the program."""

    @honest.careful
    def run(n, workers):
        name = os.path.basename(program()).encode(errors="replace").replace(b"\0", b"?")
        with _call.call(name=b"pi " + name[:12]):
            return honest.run(n, workers)

    honest.send = _send_named
    return run


run = named(lambda: sys.argv[0])
