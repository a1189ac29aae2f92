"""APCu: a process was killed while it read the cache, and whoever wants to write waited for ever.

The number of readers never came back to 0.  Here a System V semaphore counts the workers that are
at the shared memory.  The caller waits until it is zero, before it looks.
"""

import contextlib
import mmap
import secrets

import sysv_ipc

from tests.selftest.defects import _base, _queue
from tests.selftest.reported import _os_semaphores, _slots

REPORT = "https://github.com/krakjoe/apcu/issues/632"
CAUGHT_BY = ("C3", "C4", "C12")


def through(n, workers, nobody_in):
    """Run; nobody_in(semaphore): called before the caller looks."""
    key = secrets.randbelow(2**31 - 1) + 1
    with _os_semaphores.guarded(key), mmap.mmap(-1, _slots.SIZE * workers) as memory:
        try:
            inside = sysv_ipc.Semaphore(key, sysv_ipc.IPC_CREX, 0o600, initial_value=0)
        except _os_semaphores.FAILED as error:
            _os_semaphores.complain(error)

        def work(number, value):
            inside.release()
            _slots.put(memory, number, value)
            with contextlib.suppress(sysv_ipc.BusyError):
                _queue.again(inside.acquire, 0)  # it is in, so there is nothing to wait for

        def take(_):
            try:
                nobody_in(inside)
            except sysv_ipc.Error as error:
                raise OSError(f"the semaphore: {error}") from error
            return _slots.there(memory, workers)

        return _base.total(_base.gather(n, workers, work, take))


@_base.careful
def run(n, workers):
    return through(n, workers, lambda inside: _queue.again(inside.Z))
