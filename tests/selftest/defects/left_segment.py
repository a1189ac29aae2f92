"""A POSIX shared memory segment is unmapped, and its name left."""

import os

import posix_ipc

from tests.selftest.defects import honest

CAUGHT_BY = (
    "B1",
    "B2",
    "B3",
    "B4",
)


def run(n, workers):
    honest.check(n, workers)
    name = "/pi-" + os.urandom(8).hex()
    posix_ipc.SharedMemory(name, posix_ipc.O_CREX, 0o600).close_fd()
    return honest.run(n, workers)
