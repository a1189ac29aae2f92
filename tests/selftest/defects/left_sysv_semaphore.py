"""A System V semaphore is not removed."""

import os

import sysv_ipc

from tests.selftest.defects import honest

CAUGHT_BY = (
    "B1",
    "B2",
    "B3",
    "B4",
    "F3",
)


def run(n, workers):
    honest.check(n, workers)
    key = int.from_bytes(os.urandom(4)) & 0x7FFFFFFF
    sysv_ipc.Semaphore(key, sysv_ipc.IPC_CREX, 0o600)
    return honest.run(n, workers)
