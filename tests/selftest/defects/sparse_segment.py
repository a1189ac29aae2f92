"""Shared memory is mapped before the system has any for it: its first touch may be SIGBUS."""

import contextlib
import mmap
import os
import secrets

import posix_ipc

from tests.selftest.defects import _base, _memory

CAUGHT_BY = ("F2",)


@contextlib.contextmanager
def _memory_of(size):
    name = "/pi-" + secrets.token_hex(12)

    def remove():
        with contextlib.suppress(posix_ipc.ExistentialError):
            posix_ipc.unlink_shared_memory(name)

    with _base.guard(remove):
        shared = posix_ipc.SharedMemory(name, posix_ipc.O_CREX, 0o600)
    try:
        os.ftruncate(shared.fd, size)
        memory = mmap.mmap(shared.fd, size)
    finally:
        shared.close_fd()
    with memory:
        memory[:] = bytes(size)
        yield memory


@_base.careful
def run(n, workers):
    with _memory_of(16 * workers) as memory:
        return _memory.slots(memory, n, workers)
