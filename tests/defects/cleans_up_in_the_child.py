"""Leaves a worker by sys.exit in multiprocessing's way: exit handlers run."""

import atexit
import os

from tests.defects import honest

CAUGHT_BY = ("E5",)


def run(n, workers):
    honest.check(n, workers)
    pid = os.fork()
    if pid == 0:
        try:
            atexit._run_exitfuncs()
        finally:
            os._exit(0)
    honest.reap(pid)
    return honest.run(n, workers)
