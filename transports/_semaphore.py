"""A POSIX semaphore in shared memory: sem_overview(7), by way of ctypes.

posix_ipc has named semaphores alone.  One of these cannot be made without a leak under SIGKILL:
glibc first makes it under a temporary name that it does not report.
"""

import contextlib
import ctypes
import errno
import mmap
import os
import time
from collections import deque
from functools import cache, partial
from typing import Any

from transports._supervisor import Supervisor, guard, random_name
from transports._supervisor.bindings import as_oserror, optional, retry_on_signal

posix_ipc = optional("posix_ipc")

_NONE = -1  # none is kept: no call has taken one
SIZE = 64  # bytes: no sem_t is larger; 32 on Linux


@cache
def _libc() -> ctypes.CDLL:
    """Return the C library, the same each time: CPython 3.11 keeps memory of each CDLL for good."""
    return ctypes.CDLL(None, use_errno=True)


class _Timespec(ctypes.Structure):
    """struct timespec, time.h(0p): POSIX has no more than these, Linux and macOS in this order."""

    _fields_ = (("tv_sec", ctypes.c_long), ("tv_nsec", ctypes.c_long))


class _Unnamed:
    """A semaphore at *at* in *memory*, of which *value* are to be had: sem_init(3)."""

    def __init__(self, memory: mmap.mmap, at: int, value: int) -> None:
        libc = _libc()
        self._place = (ctypes.c_char * SIZE).from_buffer(memory, at)
        if libc.sem_init(self._place, 1, value) != 0:
            raise _error("sem_init")
        # Bound once: to look a function up by its name costs as much as to call it.  By address:
        # the traceback of a handler's exception would hold the memory, which is to be closed.
        place, bind = ctypes.c_void_p(ctypes.addressof(self._place)), partial
        self._wait, self.post = bind(libc.sem_wait, place), bind(libc.sem_post, place)
        self._try = bind(libc.sem_trywait, place)
        self.kept = deque([_NONE], 1)
        """What the last call of `keep` returned: 0 while the one that it has taken is kept."""
        # By a clock that nobody sets, where there is the choice (glibc 2.30).
        self._until = _Timespec()
        until = ctypes.byref(self._until)
        if hasattr(libc, "sem_clockwait"):
            self._clock = time.CLOCK_MONOTONIC
            self._timed = bind(libc.sem_clockwait, place, self._clock, until)
        else:
            self._clock = time.CLOCK_REALTIME
            self._timed = bind(libc.sem_timedwait, place, until)
        # All in C: no handler can raise between a call and the note of what it has returned.
        self._tries = map(self.kept.append, iter(self._try, None))
        self._timed_tries = map(self.kept.append, iter(self._timed, None))

    def acquire(self, timeout: float | None = None) -> bool:
        """Take one, and tell whether there was one; wait for *timeout* s, or None: for ever.

        It may wait for less than *timeout*: an earlier call may have used some of it, and the first
        one does not wait.
        """
        wait = self._wait if timeout is None else self._timed if timeout else self._try
        while wait() != 0:
            if self._was_none(timeout):
                return False
        return True

    def keep(self, timeout: float | None = None) -> bool:
        """Do as `acquire`, unless one is kept; it is kept until somebody sets `kept` to another.

        For one thread, and whatever a handler raises.
        """
        kept, tries = self.kept, self._timed_tries if timeout else self._tries
        while kept[0] != 0:
            next(tries)
            if kept[0] != 0 and self._was_none(timeout):
                return False
        return True

    def _was_none(self, timeout: float | None) -> bool:
        """After a call that failed: return whether none was to be had; False: call again."""
        code = ctypes.get_errno()
        if code in (errno.EAGAIN, errno.ETIMEDOUT):
            if timeout:
                # Set anew here alone: to do so each time would cost as much as the rest.
                at = time.clock_gettime_ns(self._clock) + int(timeout * 1e9)
                self._until.tv_sec, self._until.tv_nsec = divmod(at, 1_000_000_000)
            return True
        if code != errno.EINTR:
            raise OSError(code, f"sem_wait: {os.strerror(code)}")
        return False

    def release(self) -> None:
        """Give one back."""
        if self.post() != 0:
            raise _error("sem_post")

    def close(self) -> None:
        """Let go of the memory, which cannot be closed before."""
        del self._place, self._wait, self.post, self._try, self._timed
        del self._tries, self._timed_tries


def _error(name: str) -> OSError:
    """Return the error of the function *name* of C, by its errno."""
    code = ctypes.get_errno()
    return OSError(code, f"{name}: {os.strerror(code)}")


class _Named:
    """A semaphore whose name is removed at once, where there are no others: macOS."""

    def __init__(self, supervisor: Supervisor, value: int) -> None:
        name = "/" + random_name()

        def unlink() -> None:
            with contextlib.suppress(posix_ipc.ExistentialError):
                posix_ipc.unlink_semaphore(name)

        with as_oserror(posix_ipc.Error), guard(supervisor, unlink):
            self._semaphore = posix_ipc.Semaphore(
                name, posix_ipc.O_CREX, 0o600, initial_value=value
            )
        self.kept = deque([_NONE], 1)
        self.release = self.post = self._semaphore.release
        self.close = self._semaphore.close

    def acquire(self, timeout: float | None = None) -> bool:
        """Do as that of _Unnamed."""
        try:  # a signal of a timer may come four times a second: see die_with_parent
            retry_on_signal(posix_ipc.SignalError, self._semaphore.acquire, timeout)
        except posix_ipc.BusyError:
            return False
        return True

    def keep(self, timeout: float | None = None) -> bool:
        """Do as that of _Unnamed."""
        while self.kept[0] == _NONE:
            with contextlib.suppress(posix_ipc.SignalError):
                try:
                    self.kept.extend(map(self._semaphore.acquire, (timeout,)))  # it returns None
                except posix_ipc.BusyError:
                    return False
        return True


def semaphore(supervisor: Supervisor, memory: mmap.mmap, at: int = 0, value: int = 1) -> Any:
    """Return a semaphore at *at* in *memory*, of which *value* are to be had; closed at the end."""
    made: _Unnamed | _Named | None = None
    try:
        made = _Unnamed(memory, at, value)
    except OSError as error:
        if error.errno != errno.ENOSYS:  # as on macOS
            raise
    # Behind the except block: an error would hold the memory in its traceback there.
    made = made or _Named(supervisor, value)
    return supervisor.cleanup.enter_context(contextlib.closing(made))
