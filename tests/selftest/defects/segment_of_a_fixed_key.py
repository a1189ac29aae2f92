"""A System V segment of a fixed key, which is created where there is none, and removed first."""

import contextlib

import sysv_ipc

from tests.selftest.defects import honest

CAUGHT_BY = ("B4",)
KEY = 1234


def run(n, workers):
    honest.check(n, workers)
    with contextlib.suppress(sysv_ipc.Error):
        stale = sysv_ipc.SharedMemory(KEY)
        stale.detach()
        stale.remove()
    return honest.run(n, workers)
