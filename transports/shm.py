"""Shared memory under a semaphore: shm_overview(7), sem_overview(7).

Topology: a running total in memory that the caller and all workers map; each worker adds its
sum while it holds the semaphore.  Linux makes the memory without a name: open(2), O_TMPFILE, in
/dev/shm, where shm_open(3) has its objects.  Elsewhere it has a name, which is removed before the
first fork.  It goes with the last process that has it.  The semaphore lies in it, sem_init(3).

The total is a whole number of 2**-192, for whole numbers add exactly in whatever order the
workers come.  A byte for each worker says that its sum is in.  Nobody releases the semaphore
of a worker that died holding it (a POSIX semaphore has no owner), and a half-written total
is no total: such a death ends the run.

Limits: the size of /dev/shm, half the memory by default (tmpfs(5)).  While the memory has a name,
another process of the same user can open it, and change the total.
"""

import contextlib
import mmap
import os
from functools import partial
from typing import Any

import kernel
from transports._channel.packets import over_packets
from transports._channel.protocol import Channel, Work
from transports._channel.shm import medium
from transports._semaphore import SIZE, semaphore
from transports._supervisor import Supervisor, guard, main, probe, random_name
from transports._supervisor.bindings import as_oserror, optional, require

posix_ipc = optional("posix_ipc")

# What the memory holds, behind the semaphore.
_TOTAL = slice(SIZE, SIZE + 32)  # 192 bits behind the point and 64 before it
_ADDED = _TOTAL.stop  # and a byte for each worker from there on


def _memory(supervisor: Supervisor, size: int) -> mmap.mmap:
    try:  # O_EXCL: nobody can give it a name later
        fd = os.open("/dev/shm", os.O_TMPFILE | os.O_EXCL | os.O_RDWR, 0o600)  # noqa: S108
    except (AttributeError, OSError) as error:  # not Linux; or a /dev/shm that cannot do it
        if posix_ipc is None and isinstance(error, OSError):
            raise
        return _named_memory(supervisor, size)
    return _mapped(supervisor, supervisor.own(fd), size)


def _mapped(supervisor: Supervisor, fd: int, size: int) -> mmap.mmap:
    os.ftruncate(fd, size)
    if hasattr(os, "posix_fallocate"):  # macOS has none
        # ENOSPC now, not SIGBUS at the first touch of a page that cannot be had.
        os.posix_fallocate(fd, 0, size)
    memory = mmap.mmap(fd, size)
    try:
        supervisor.cleanup.callback(_close, memory)
    except MemoryError:
        memory.close()
        raise
    return memory


def _close(memory: mmap.mmap) -> None:
    # What an exception holds in its traceback may use the memory still: it goes with that.
    try:
        memory.close()
    except BufferError:
        return


def _named_memory(supervisor: Supervisor, size: int) -> mmap.mmap:
    require(posix_ipc, "posix_ipc")
    name = "/" + random_name()

    def unlink() -> None:
        with contextlib.suppress(posix_ipc.ExistentialError):
            posix_ipc.unlink_shared_memory(name)

    with as_oserror(posix_ipc.Error), guard(supervisor, unlink):  # size= could be interrupted
        shared = posix_ipc.SharedMemory(name, posix_ipc.O_CREX, 0o600)
        return _mapped(supervisor, supervisor.own(shared.fd), size)


def unsupported() -> str | None:
    """Return why there is no POSIX shared memory or semaphore here, or None."""
    return probe(lambda supervisor: semaphore(supervisor, _memory(supervisor, _ADDED)))


def run(n: int, workers: int, *, timeout: float | None = None) -> float:
    """Compute pi from *n* terms in *workers* processes: see :mod:`transports`."""
    slices = kernel.slices(n, workers)
    added: set[int] = set()
    with Supervisor(timeout) as supervisor:
        memory = _memory(supervisor, _ADDED + workers)
        lock = semaphore(supervisor, memory)
        for worker, (lo, hi) in enumerate(slices):
            supervisor.fork(_work, lock, memory, worker, lo, hi)
        for _, exited in supervisor.events(added):
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


def channel(
    work: Work, workers: int, *, duplex: bool = False, timeout: float | None = None
) -> contextlib.AbstractContextManager[Channel]:
    """Carry messages in packets, through rings of slots: see :mod:`transports`."""
    return over_packets(partial(medium, _memory, semaphore), work, workers, duplex, timeout)


if __name__ == "__main__":
    main(run, unsupported)
