"""Shared memory under a semaphore: shm_overview(7), sem_overview(7), by way of posix_ipc.

Topology: a running total in memory that the caller and all workers map; each worker adds its
sum while it holds the semaphore.  Both names are removed before the first fork: memory and
semaphore live on in what the workers inherit, and go with the last of them.

The total is a whole number of 2**-192, for whole numbers add exactly in whatever order the
workers come.  A byte for each worker says that its sum is in.  Nobody releases the semaphore
of a worker that died holding it (a POSIX semaphore has no owner), and a half-written total
is no total: such a death ends the run.

Limits: the size of /dev/shm, half the memory by default (tmpfs(5)); 8 bytes of it, or 16 on
some systems, are the semaphore.
"""

import contextlib
import mmap
import os
from typing import Any

import kernel
from transports import _crew

try:
    import posix_ipc
except ModuleNotFoundError:
    posix_ipc = None

_TOTAL = 32  # bytes: 192 bits behind the point and 64 before it


def _memory(crew: _crew.Crew, workers: int = 1) -> tuple[Any, mmap.mmap]:
    _crew.need(posix_ipc, "posix_ipc")
    name = "/" + _crew.random_name()

    def unlink() -> None:
        with contextlib.suppress(posix_ipc.ExistentialError):
            posix_ipc.unlink_semaphore(name)
        with contextlib.suppress(posix_ipc.ExistentialError):
            posix_ipc.unlink_shared_memory(name)

    size = _TOTAL + workers
    with _crew.oserror(posix_ipc.Error), crew.guard(unlink):
        lock = posix_ipc.Semaphore(name, posix_ipc.O_CREX, 0o600, initial_value=1)
        crew.enter(contextlib.closing(lock))
        shared = posix_ipc.SharedMemory(name, posix_ipc.O_CREX, 0o600, size=size)
        crew.own(shared.fd)
        if hasattr(os, "posix_fallocate"):  # macOS has none
            # ENOSPC now, not SIGBUS at the first touch of a page that cannot be had.
            os.posix_fallocate(shared.fd, 0, size)
        return lock, crew.enter(contextlib.closing(mmap.mmap(shared.fd, size)))


def unsupported() -> str | None:
    """Return why there is no POSIX shared memory or semaphore here, or None."""
    return _crew.probe(_memory)


def run(n: int, workers: int, *, timeout: float | None = None) -> float:
    """Compute pi from *n* terms in *workers* processes: see :mod:`transports`."""
    slices = kernel.slices(n, workers)
    added: set[int] = set()
    with _crew.Crew(timeout) as crew:
        lock, memory = _memory(crew, workers)
        for worker, (lo, hi) in enumerate(slices):
            crew.fork(_work, lock, memory, worker, lo, hi)
        for _, exited in crew.events(added):
            added.update(worker for worker in exited if memory[_TOTAL + worker])
        total = int.from_bytes(memory[:_TOTAL], "little")
    return kernel.combine([kernel.unfixed(total)])


def _work(lock: Any, memory: mmap.mmap, worker: int, lo: int, hi: int) -> None:
    addend = kernel.fixed(kernel.partial_sum(lo, hi))
    _crew.restart(posix_ipc.SignalError, lock.acquire)
    total = int.from_bytes(memory[:_TOTAL], "little") + addend
    memory[:_TOTAL] = total.to_bytes(_TOTAL, "little")
    memory[_TOTAL + worker] = 1
    lock.release()


if __name__ == "__main__":
    _crew.main(run, unsupported)
