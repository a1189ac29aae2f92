"""Waits for any child, and so takes the exit status of the caller's own."""

import os

from tests.selftest.defects import honest

CAUGHT_BY = ("E3",)


def run(n, workers):
    result = honest.run(n, workers)
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
    return result
