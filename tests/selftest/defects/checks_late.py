"""What is wrong with the arguments is found out by a worker."""

import os

from tests.selftest.defects import honest

CAUGHT_BY = ("H1", "H2")


def run(n, workers):
    try:
        honest.check(n, workers)
    except (TypeError, ValueError):
        pid = os.fork()
        if pid == 0:
            os._exit(2)
        honest.reap(pid)
        raise
    return honest.run(n, workers)
