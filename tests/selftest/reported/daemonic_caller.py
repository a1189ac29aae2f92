"""A task of celery starts a pool: AssertionError, daemonic processes may not have children.

A daemonic process is what a pool of multiprocessing has as workers. Here the caller looks whether
it is one, as multiprocessing.Process.start does.
"""

import multiprocessing
import os
import types

from tests.selftest.defects import honest

REPORT = "https://github.com/celery/celery/issues/1709"
CAUGHT_BY = ("E4",)


def _fork():
    if multiprocessing.current_process().daemon:
        raise AssertionError("daemonic processes are not allowed to have children")
    return os.fork()


honest.os = types.SimpleNamespace(**{**vars(os), "fork": _fork})
run = honest.run
