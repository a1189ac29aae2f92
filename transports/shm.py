"""Shared memory under a semaphore: shm_overview(7), sem_overview(7).

Topology: a running total in memory that the caller and all workers map; each worker adds its
sum while it holds the semaphore.  Linux makes the memory without a name: open(2), O_TMPFILE, in
/dev/shm, where shm_open(3) has its objects.  Elsewhere it has a name, which is removed before the
first fork.  It lives on in what the workers inherit, and goes with the last of them.
The semaphore is unnamed and lies in that memory, sem_init(3).  (A named one cannot be made without
a leak under SIGKILL: glibc first makes it under a temporary name that nobody is told.)

The total is a whole number of 2**-192, for whole numbers add exactly in whatever order the
workers come.  A byte for each worker says that its sum is in.  Nobody releases the semaphore
of a worker that died holding it (a POSIX semaphore has no owner), and a half-written total
is no total: such a death ends the run.

A channel is a ring of slots in such memory, with semaphores for room and for what is there, and
one to let one writer in at a time; for the way back each worker has a ring.  Its caller sleeps in
sem_clockwait(3), and a process that watches the workers posts when one ends; should that be dead
too, the caller looks after them itself twice a second.

Limits: the size of /dev/shm, half the memory by default (tmpfs(5)).  Where the memory has a name
for some microseconds, another process of the same user can open it then, and change the total.
"""

import contextlib
import ctypes
import errno
import functools
import mmap
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

import kernel
from transports import _crew, _stream

try:
    import posix_ipc
except ModuleNotFoundError:
    posix_ipc = None

_LOCK = 64  # bytes: no sem_t is larger; 32 on Linux
_TOTAL = slice(_LOCK, _LOCK + 32)  # 192 bits behind the point and 64 before it
_ADDED = _TOTAL.stop  # and a byte for each worker from there on

_SLOTS = 16  # slots of the ring to the caller, a power of two
_REPLIES = 8  # and of the ring to a worker
_NAP = 0.5  # seconds, after which the caller looks whether somebody has died
_MOMENT = 1e-3  # seconds until it asks again for a packet whose count is on its way
_PLACE = 3 * _LOCK + _stream.Ring.HEAD  # of a ring, before its slots


class _Timespec(ctypes.Structure):
    """struct timespec, time.h(0p): POSIX has no more than these, Linux and macOS in this order."""

    _fields_ = (("tv_sec", ctypes.c_long), ("tv_nsec", ctypes.c_long))


class _Semaphore:
    """A semaphore at *at* in *memory*, of which there are *value* to have."""

    def __init__(self, memory: mmap.mmap, at: int = 0, value: int = 1) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._place = (ctypes.c_char * _LOCK).from_buffer(memory, at)
        _call(libc.sem_init, self._place, 1, value)
        # Bound once: to look a function up by its name costs as much as to call it.  By address:
        # the traceback of a handler's exception would hold the memory, which is to be closed.
        place, bind = ctypes.c_void_p(ctypes.addressof(self._place)), functools.partial
        self._wait, self._post = bind(libc.sem_wait, place), bind(libc.sem_post, place)
        self._try = bind(libc.sem_trywait, place)
        # By a clock that nobody sets, where there is the choice (glibc 2.30).
        self._until = _Timespec()
        until = ctypes.byref(self._until)
        if hasattr(libc, "sem_clockwait"):
            self._clock = time.CLOCK_MONOTONIC
            self._timed = bind(libc.sem_clockwait, place, self._clock, until)
        else:
            self._clock = time.CLOCK_REALTIME
            self._timed = bind(libc.sem_timedwait, place, until)

    def acquire(self, timeout: float | None = None) -> None:
        """Take one; wait for it, but for *timeout* seconds at most: then raise BusyError."""
        wait = self._wait if timeout is None else self._timed if timeout else self._try
        if wait() == 0:
            return
        try:
            _failed("sem_wait")
            _call(wait)
        except (BlockingIOError, TimeoutError):
            if timeout:
                # Set anew here alone: to do so each time would cost as much as the rest.
                at = time.clock_gettime_ns(self._clock) + int(timeout * 1e9)
                self._until.tv_sec, self._until.tv_nsec = divmod(at, 1_000_000_000)
            raise posix_ipc.BusyError from None

    def release(self) -> None:
        if self._post() != 0:
            _failed("sem_post")

    def close(self) -> None:
        # The first, or the memory cannot be closed; the others are of no use from then on.
        del self._place, self._wait, self._post, self._try, self._timed


def _call(function: Callable[..., int], *args: object) -> None:
    while function(*args) != 0:
        _failed(getattr(function, "__name__", "sem_wait"))


def _failed(name: str) -> None:
    """Raise OSError for the errno of C; return if a signal was all."""
    if (code := ctypes.get_errno()) != errno.EINTR:
        raise OSError(code, f"{name}: {os.strerror(code)}")


def _memory(crew: _crew.Crew, size: int) -> mmap.mmap:
    _crew.need(posix_ipc, "posix_ipc")
    try:  # O_EXCL: nobody can give it a name later
        fd = os.open("/dev/shm", os.O_TMPFILE | os.O_EXCL | os.O_RDWR, 0o600)  # noqa: S108
    except (AttributeError, OSError):  # not Linux; or a /dev/shm that cannot do it
        return _named_memory(crew, size)
    return _mapped(crew, crew.own(fd), size)


def _mapped(crew: _crew.Crew, fd: int, size: int) -> mmap.mmap:
    os.ftruncate(fd, size)
    if hasattr(os, "posix_fallocate"):  # macOS has none
        # ENOSPC now, not SIGBUS at the first touch of a page that cannot be had.
        os.posix_fallocate(fd, 0, size)
    return crew.enter(contextlib.closing(mmap.mmap(fd, size)))


def _named_memory(crew: _crew.Crew, size: int) -> mmap.mmap:
    name = "/" + _crew.random_name()

    def unlink() -> None:
        with contextlib.suppress(posix_ipc.ExistentialError):
            posix_ipc.unlink_shared_memory(name)

    with _crew.oserror(posix_ipc.Error), crew.guard(unlink):
        # Its size is set afterwards: by size=, a signal may interrupt it.
        shared = posix_ipc.SharedMemory(name, posix_ipc.O_CREX, 0o600)
        return _mapped(crew, crew.own(shared.fd), size)


def _semaphore(crew: _crew.Crew, memory: mmap.mmap, at: int = 0, value: int = 1) -> Any:
    return crew.enter(contextlib.closing(_made(crew, memory, at, value)))


def _made(crew: _crew.Crew, memory: mmap.mmap, at: int, value: int) -> Any:
    try:
        return _Semaphore(memory, at, value)
    except OSError as error:
        if error.errno != errno.ENOSYS:  # as on macOS, which makes named ones in one step
            raise
    name = "/" + _crew.random_name()

    def unlink() -> None:
        with contextlib.suppress(posix_ipc.ExistentialError):
            posix_ipc.unlink_semaphore(name)

    with _crew.oserror(posix_ipc.Error), crew.guard(unlink):
        return posix_ipc.Semaphore(name, posix_ipc.O_CREX, 0o600, initial_value=value)


def unsupported() -> str | None:
    """Return why there is no POSIX shared memory or semaphore here, or None."""
    return _crew.probe(lambda crew: _semaphore(crew, _memory(crew, _ADDED)))


def run(n: int, workers: int, *, timeout: float | None = None) -> float:
    """Compute pi from *n* terms in *workers* processes: see :mod:`transports`."""
    slices = kernel.slices(n, workers)
    added: set[int] = set()
    with _crew.Crew(timeout) as crew:
        memory = _memory(crew, _ADDED + workers)
        lock = _semaphore(crew, memory)
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


def _ring(crew: _crew.Crew, memory: mmap.mmap, at: int, slots: int, many: bool) -> _stream.Ring:
    lock = _semaphore(crew, memory, at) if many else None  # one writer needs none
    room = _semaphore(crew, memory, at + _LOCK, slots // _stream.Ring.BATCH)
    there = _semaphore(crew, memory, at + 2 * _LOCK, 0)
    return _stream.Ring(memory, at + 3 * _LOCK, slots, lock, room, there)


class _Medium:
    """A ring to the caller and, if duplex, one to each worker."""

    most = _stream.Ring.most
    fd = -1  # there is none: a process that watches the workers gives notice when one ends
    check = None
    strange = 0
    # The memory has no name.  A partial is a method from Python 3.14 on, and warns before.
    tags = staticmethod(functools.partial(_stream.Tags, trusted=True))

    def __init__(self, crew: _crew.Crew, workers: int, duplex: bool) -> None:
        replies = range(workers if duplex else 0)
        size = [_PLACE + slots * _stream.Ring.SLOT for slots in (_SLOTS, _REPLIES)]
        memory = _memory(crew, size[0] + len(replies) * size[1])
        self._up = _ring(crew, memory, 0, _SLOTS, workers > 1)
        self._down = [_ring(crew, memory, size[0] + i * size[1], _REPLIES, False) for i in replies]
        self.put, self.notice = self._up.put, self._up.notice

    def held(self) -> int:
        return _SLOTS

    def take(self, wait: bool) -> Sequence[tuple[bytes, int]]:
        if wait:
            return self._take(_NAP)
        settled = self._up.settled()  # before the semaphore is tried
        if (found := self._take(0)) or settled:
            return found
        time.sleep(_MOMENT)  # or a stopped watcher would keep a processor busy
        return ((b"", _stream.NOTICE),)

    def _take(self, timeout: float) -> Sequence[tuple[bytes, int]]:
        try:
            return (self._up.take(timeout),)
        except posix_ipc.BusyError:
            return ()

    def reply(self, worker: int, data: bytes, tag: int) -> bool:
        try:
            self._down[worker].put(data, tag, 0)
        except posix_ipc.BusyError:
            return False
        return True

    def room(self, worker: int) -> int:
        return -1

    def get(self, worker: int) -> tuple[bytes, int]:
        return self._down[worker].take()


def channel(
    work: _stream.Work, workers: int, *, duplex: bool = False, timeout: float | None = None
) -> contextlib.AbstractContextManager[_stream.Channel]:
    """Carry messages in packets, through rings of slots: see :mod:`transports`."""
    return _stream.packets(
        lambda crew: _Medium(crew, workers, duplex), work, workers, duplex, timeout
    )


if __name__ == "__main__":
    _crew.main(run, unsupported)
