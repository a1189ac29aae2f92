"""A child process failed where the program has no standard output: sys.stdout is None.

Python has None there if descriptor 1 is closed when it starts, as for a daemon.  Here the caller
flushes its streams before each fork, so that no child has what is in their buffers.
"""

import contextlib
import os
import sys
from types import SimpleNamespace

from tests.selftest.defects import honest

REPORT = "https://github.com/python/cpython/issues/75985"
CAUGHT_BY = ("E4",)


def both():
    sys.stdout.flush()
    sys.stderr.flush()


def what_there_is():
    for stream in sys.stdout, sys.stderr:
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.flush()


def flushing(flush):
    def fork():
        flush()
        return os.fork()

    honest.os = SimpleNamespace(**vars(os) | {"fork": fork})
    return honest.run


run = flushing(both)
