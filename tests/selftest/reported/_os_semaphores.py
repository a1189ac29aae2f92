"""A System V semaphore that counts the workers which are done."""

import contextlib
import mmap
import secrets
import struct

import sysv_ipc

from tests.selftest.defects import _base

FAILED = OSError, sysv_ipc.Error


def remover(key):
    def remove():
        with contextlib.suppress(sysv_ipc.ExistentialError):
            sysv_ipc.Semaphore(key).remove()

    return remove


@contextlib.contextmanager
def guarded(key):
    """Have the semaphore removed also when the caller is killed."""
    with _base.guard(remover(key)):
        yield


def through(n, workers, complain, removed=guarded):
    """Run; complain(error) is called where no semaphore can be had.

    removed(key): a context at whose end the semaphore of that key is removed.
    """
    key = secrets.randbelow(2**31 - 1) + 1
    with removed(key), mmap.mmap(-1, 9 * workers) as memory:
        try:
            semaphore = sysv_ipc.Semaphore(key, sysv_ipc.IPC_CREX, 0o600, initial_value=0)
        except FAILED as error:
            complain(error)

        def work(number, value):
            struct.pack_into("<d", memory, 9 * number, value)
            memory[9 * number + 8] = 1
            semaphore.release()

        def take(_):
            slots = enumerate(struct.iter_unpack("<d?", memory[:]))
            return {number: value for number, (value, there) in slots if there}

        return _base.total(_base.gather(n, workers, work, take))


def complain(error):
    raise OSError(f"no semaphore, see SEMMNI, SEMMNS in kernel.sem: {error}") from error
