"""Shared memory under a semaphore: shm_overview(7), sem_overview(7).

Topology: a running total in memory that the caller and all workers map; each worker adds its
sum while it holds the semaphore.  The name of the memory is removed before the first fork:
it lives on in what the workers inherit, and goes with the last of them.  The semaphore is
unnamed and lies in that memory, sem_init(3).  (A named one cannot be made without a leak
under SIGKILL: glibc first makes it under a temporary name that nobody is told.)

The total is a whole number of 2**-192, for whole numbers add exactly in whatever order the
workers come.  A byte for each worker says that its sum is in.  Nobody releases the semaphore
of a worker that died holding it (a POSIX semaphore has no owner), and a half-written total
is no total: such a death ends the run.

Limits: the size of /dev/shm, half the memory by default (tmpfs(5)).
"""

import contextlib
import ctypes
import errno
import mmap
import os
from typing import Any

import kernel
from transports import _crew

try:
    import posix_ipc
except ModuleNotFoundError:
    posix_ipc = None

_LOCK = 64  # bytes: no sem_t is larger; 32 on Linux
_TOTAL = slice(_LOCK, _LOCK + 32)  # 192 bits behind the point and 64 before it
_ADDED = _TOTAL.stop  # and a byte for each worker from there on


class _Semaphore:
    """A semaphore at the start of *memory*, which lets one in at a time."""

    def __init__(self, memory: mmap.mmap) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._place = (ctypes.c_char * _LOCK).from_buffer(memory)
        self._call("sem_init", 1, 1)

    def _call(self, name: str, *args: int) -> None:
        while getattr(self._libc, name)(self._place, *args) != 0:
            if (code := ctypes.get_errno()) != errno.EINTR:
                raise OSError(code, f"{name}: {os.strerror(code)}")

    def acquire(self) -> None:
        self._call("sem_wait")

    def release(self) -> None:
        self._call("sem_post")

    def close(self) -> None:
        del self._place  # or the memory cannot be closed


def _memory(crew: _crew.Crew, workers: int = 1) -> tuple[Any, mmap.mmap]:
    _crew.need(posix_ipc, "posix_ipc")
    name = "/" + _crew.random_name()

    def unlink() -> None:
        with contextlib.suppress(posix_ipc.ExistentialError):
            posix_ipc.unlink_shared_memory(name)

    size = _ADDED + workers
    with _crew.oserror(posix_ipc.Error), crew.guard(unlink):
        shared = posix_ipc.SharedMemory(name, posix_ipc.O_CREX, 0o600)
        crew.own(shared.fd)
        os.ftruncate(shared.fd, size)  # not by size=, which a signal may interrupt
        if hasattr(os, "posix_fallocate"):  # macOS has none
            # ENOSPC now, not SIGBUS at the first touch of a page that cannot be had.
            os.posix_fallocate(shared.fd, 0, size)
        memory = crew.enter(contextlib.closing(mmap.mmap(shared.fd, size)))
    return crew.enter(contextlib.closing(_lock(crew, memory))), memory


def _lock(crew: _crew.Crew, memory: mmap.mmap) -> Any:
    try:
        return _Semaphore(memory)
    except OSError as error:
        if error.errno != errno.ENOSYS:  # as on macOS, which makes named ones in one step
            raise
    name = "/" + _crew.random_name()

    def unlink() -> None:
        with contextlib.suppress(posix_ipc.ExistentialError):
            posix_ipc.unlink_semaphore(name)

    with _crew.oserror(posix_ipc.Error), crew.guard(unlink):
        return posix_ipc.Semaphore(name, posix_ipc.O_CREX, 0o600, initial_value=1)


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
            added.update(worker for worker in exited if memory[_ADDED + worker])
        total = int.from_bytes(memory[_TOTAL], "little")
    return kernel.combine([kernel.unfixed(total)])


def _work(lock: Any, memory: mmap.mmap, worker: int, lo: int, hi: int) -> None:
    addend = kernel.fixed(kernel.partial_sum(lo, hi))
    lock.acquire()
    total = int.from_bytes(memory[_TOTAL], "little") + addend
    memory[_TOTAL] = total.to_bytes(_TOTAL.stop - _TOTAL.start, "little")
    memory[_ADDED + worker] = 1
    lock.release()


if __name__ == "__main__":
    _crew.main(run, unsupported)
