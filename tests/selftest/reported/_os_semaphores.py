"""A System V semaphore as a lock."""

import contextlib
import secrets
import types

import sysv_ipc

from tests.selftest.defects import _base, _queue

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


@contextlib.contextmanager
def lock(complain, removed=guarded):
    """Give a lock; complain(error) is called where no semaphore can be had.

    removed(key): a context at whose end the semaphore of that key is removed.
    """
    key = secrets.randbelow(2**31 - 1) + 1
    with removed(key):
        try:
            semaphore = sysv_ipc.Semaphore(key, sysv_ipc.IPC_CREX, 0o600, initial_value=1)
        except FAILED as error:
            complain(error)
        yield types.SimpleNamespace(
            acquire=lambda: _queue.again(semaphore.acquire), release=semaphore.release
        )


def complain(error):
    raise OSError(f"no semaphore, see SEMMNI, SEMMNS in kernel.sem: {error}") from error
