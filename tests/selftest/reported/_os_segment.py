"""POSIX shared memory whose name, mode and mapping the module chooses."""

import contextlib
import mmap
import os
import secrets

import posix_ipc

from tests.selftest.defects import _base


def random_name():
    return "/pi-" + secrets.token_hex(12)


@contextlib.contextmanager
def removed_at_the_end(names):
    """Remove the segments of these names, also when the caller is killed."""

    def remove():
        for name in names:
            with contextlib.suppress(posix_ipc.ExistentialError):
                posix_ipc.unlink_shared_memory(name)

    with _base.guard(remove):
        yield


@contextlib.contextmanager
def unnamed(size, *, name=random_name, mode=0o600):
    """Make a segment, take its memory before it is mapped, and remove its name at once."""
    name = name()
    with removed_at_the_end([name]):
        shared = posix_ipc.SharedMemory(name, posix_ipc.O_CREX, 0o600)
        os.fchmod(shared.fd, mode)
    try:
        os.posix_fallocate(shared.fd, 0, size)
        memory = mmap.mmap(shared.fd, size)
    finally:
        shared.close_fd()
    with memory:
        yield memory
