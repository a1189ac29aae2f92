"""Fast DDS waited two seconds for the lock of a shared memory port, and then went on without it.

On a busy machine who has the lock may need longer.  Here workers add to one total in memory.  One
that has waited for two seconds takes the lock for that of a dead process, and adds: if the other
one was merely stopped between its reading and its writing, what has been added meanwhile is lost.
"""

import contextlib

import posix_ipc

from tests.selftest.defects import _base, _memory

REPORT = "https://github.com/eProsima/Fast-DDS/issues/6117"
CAUGHT_BY = ("D3", "A2")
MISSED = "no worker is stopped for more than two seconds while it has a lock"


def through(n, workers, acquire):
    """Run; a worker calls acquire(semaphore) before it adds."""
    with (
        _memory.unnamed_memory(32 + workers) as memory,
        _memory.unnamed_semaphore() as semaphore,
    ):
        return _memory.added(memory, semaphore, n, workers, acquire=acquire)


def _acquire_or_go_on(semaphore):
    with contextlib.suppress(posix_ipc.BusyError):
        while True:
            with contextlib.suppress(posix_ipc.SignalError):
                return semaphore.acquire(2)


@_base.careful
def run(n, workers):
    return through(n, workers, _acquire_or_go_on)
