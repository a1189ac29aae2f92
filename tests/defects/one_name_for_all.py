"""Makes a directory whose name depends on the pid alone: two threads collide, and a stale one."""

import os
import tempfile

from tests.defects import honest

CAUGHT_BY = ("E1", "B4")


def run(n, workers):
    honest.check(n, workers)
    path = os.path.join(tempfile.gettempdir(), str(os.getpid()))
    os.mkdir(path)
    try:
        return honest.run(n, workers)
    finally:
        os.rmdir(path)
