"""A POSIX semaphore is left on the error path alone."""

import os

import posix_ipc

from tests.selftest.defects import honest

CAUGHT_BY = ("B1",)


def _leave(pid, status, said):
    posix_ipc.Semaphore("/pi-" + os.urandom(8).hex(), posix_ipc.O_CREX, 0o600).close()
    _lost(pid, status, said)


_lost, honest.lost = honest.lost, _leave
run = honest.run
