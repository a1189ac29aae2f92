"""POSIX shared memory and a semaphore, without names when the workers start."""

import contextlib
import mmap
import os
import secrets
import struct
import time

import posix_ipc

from tests.selftest.defects import _base


@contextlib.contextmanager
def unnamed_memory(size):
    """Make a segment, take its memory before it is mapped, and remove its name at once."""
    name = "/pi-" + secrets.token_hex(12)

    def remove():
        with contextlib.suppress(posix_ipc.ExistentialError):
            posix_ipc.unlink_shared_memory(name)

    with _base.guard(remove):
        shared = posix_ipc.SharedMemory(name, posix_ipc.O_CREX, 0o600)
    try:
        os.ftruncate(shared.fd, size)
        os.posix_fallocate(shared.fd, 0, size)
        memory = mmap.mmap(shared.fd, size)
    finally:
        shared.close_fd()
    with memory:
        yield memory


@contextlib.contextmanager
def unnamed_semaphore():
    name = "/pi-" + secrets.token_hex(12)

    def remove():
        with contextlib.suppress(posix_ipc.ExistentialError):
            posix_ipc.unlink_semaphore(name)

    with _base.guard(remove):
        semaphore = posix_ipc.Semaphore(name, posix_ipc.O_CREX, 0o600, initial_value=1)
    try:
        yield semaphore
    finally:
        semaphore.close()


def acquire(semaphore):
    while True:
        try:
            return semaphore.acquire()
        except posix_ipc.SignalError:
            continue


def slots(memory, n, workers, *, place=lambda number: number):
    """Let each worker write to a slot of its own: a byte that says so, and its sum."""

    def work(number, value):
        struct.pack_into("<d", memory, 16 * place(number), value)
        memory[16 * place(number) + 8] = 1

    def take(fd):
        return {
            number: struct.unpack_from("<d", memory, 16 * place(number))[0]
            for number in range(workers)
            if memory[16 * place(number) + 8]
        }

    return _base.total(_base.gather(n, workers, work, take))


SCALE = 1 << 100


def added(memory, semaphore, n, workers, *, acquire=acquire, pause=0.0, reader_locks=False):
    """Let each worker add to one total, a whole number, while it holds the semaphore."""

    def work(number, value):
        acquire(semaphore)
        value = int.from_bytes(memory[:32], "little") + int(value * SCALE)
        time.sleep(pause)
        memory[:32] = value.to_bytes(32, "little")
        memory[32 + number] = 1
        semaphore.release()

    def take(fd):
        if reader_locks:
            acquire(semaphore)
        sums = {number: 0.0 for number in range(workers) if memory[32 + number]}
        if reader_locks:
            semaphore.release()
        return sums

    _base.gather(n, workers, work, take)
    return _base.total({0: int.from_bytes(memory[:32], "little") / SCALE})
