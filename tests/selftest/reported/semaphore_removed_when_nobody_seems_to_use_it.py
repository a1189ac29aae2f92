"""homcc: a semaphore was removed by the last that used it, under a process that had just opened it.

That one got ExistentialError at its next call.  Here a System V semaphore counts the workers that
write their sums.  One that leaves it at 0, its initial value, removes it; the next makes it anew.
One that has opened it and not yet counted itself, or that comes between the look and the removal,
fails.
"""

import contextlib
import mmap
import secrets
import struct

import sysv_ipc

from tests.selftest.defects import _base
from tests.selftest.reported import _os_semaphores

REPORT = "https://github.com/celonis/homcc/pull/83"
CAUGHT_BY = ("A2", "A6")


def _opened_or_made(key):
    while True:
        for flags in (0, sysv_ipc.IPC_CREX):
            with contextlib.suppress(sysv_ipc.ExistentialError):
                return sysv_ipc.Semaphore(key, flags, 0o600, initial_value=0)


def through(n, workers, opened, left):
    """Run; opened(key) gives the semaphore to a worker, which calls left(semaphore) at its end."""
    key = secrets.randbelow(2**31 - 1) + 1
    with _os_semaphores.guarded(key), mmap.mmap(-1, 9 * workers) as memory:
        try:
            sysv_ipc.Semaphore(key, sysv_ipc.IPC_CREX, 0o600, initial_value=0)
        except _os_semaphores.FAILED as error:
            _os_semaphores.complain(error)

        def work(number, value):
            semaphore = opened(key)
            semaphore.block = False
            semaphore.release()
            struct.pack_into("<d", memory, 9 * number, value)
            memory[9 * number + 8] = 1
            with contextlib.suppress(sysv_ipc.BusyError):  # somebody else has lowered it
                semaphore.acquire()
            left(semaphore)

        def take(_):
            slots = enumerate(struct.iter_unpack("<d?", memory[:]))
            return {number: value for number, (value, there) in slots if there}

        return _base.total(_base.gather(n, workers, work, take))


def _remove_if_unused(semaphore):
    if semaphore.value == 0:
        semaphore.remove()


@_base.careful
def run(n, workers):
    return through(n, workers, _opened_or_made, _remove_if_unused)
