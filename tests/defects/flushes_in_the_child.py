"""Flushes standard output in the worker, where the caller's text is in the buffer too."""

import os
import sys

from tests.defects import honest

CAUGHT_BY = ("E5",)


def run(n, workers):
    honest.check(n, workers)
    pid = os.fork()
    if pid == 0:
        sys.stdout.flush()
        os._exit(0)
    honest.reap(pid)
    return honest.run(n, workers)
