"""semian: semop(2) was not called again where a signal had come, and the lock could not be had.

"Interrupted system call" was an internal error.  Here workers add to a total in shared memory under
a System V semaphore, and a signal makes acquire() raise.
"""

import contextlib
import secrets
import types

import sysv_ipc

from tests.selftest.defects import _base, _queue
from tests.selftest.reported import _os_semaphores, _os_total

REPORT = "https://github.com/Shopify/semian/pull/233"
CAUGHT_BY = ("A4",)


def adding(acquire):
    """Return run; acquire(semaphore): takes it."""

    @_base.careful
    def run(n, workers):
        key = secrets.randbelow(2**31 - 1) + 1
        with contextlib.ExitStack() as stack:
            stack.enter_context(_os_semaphores.guarded(key))
            try:
                semaphore = sysv_ipc.Semaphore(key, sysv_ipc.IPC_CREX, 0o600, initial_value=1)
            except _os_semaphores.FAILED as error:
                _os_semaphores.complain(error)
            lock = types.SimpleNamespace(
                acquire=lambda: acquire(semaphore), release=semaphore.release
            )
            return _os_total.added(lock, n, workers)

    return run


def again(semaphore):
    _queue.again(semaphore.acquire)


run = adding(lambda semaphore: semaphore.acquire())
