"""The supervisor of one run.

A transport opens a :class:`Supervisor`, forks its workers with :meth:`Supervisor.fork` and takes
their results while it iterates over :meth:`Supervisor.events`.  The supervisor keeps the promises
that no mechanism makes by itself:

* the caller sleeps on {channel, death of a worker} together, so a dead worker is an error
  and never a hang;
* on every way out of the ``with`` block each worker is killed and reaped, each descriptor
  closed, each named object removed;
* a worker leaves through ``os._exit`` and dies with its caller (:mod:`.lifeline`);
* where a name has to exist for a while, a guardian process, forked before the name is
  made, removes it should the caller be killed with SIGKILL (:mod:`.guardian`).
"""

import contextlib
import gc
import math
import os
import select
import socket
import sys
import time
from collections.abc import Callable, Container, Iterator
from functools import partial
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

from transports._supervisor import child as children
from transports._supervisor import reports, standard_streams
from transports._supervisor.child import Child, WorkerError, die_with_parent
from transports._supervisor.lifeline import Lifeline
from transports._supervisor.outstanding import Outstanding
from transports._supervisor.signals import BlockedSignals, all_blocked

_Closeable = TypeVar("_Closeable", int, socket.socket)

_READ = 65536  # bytes to read at once: what a pipe holds, pipe(7)

# The shortest wait, in seconds: interrupted, select.poll() asks once more only if time is left.
_LEAST_WAIT = 1e-3
_MOST_WAIT = 86400.0  # seconds: poll(2) takes an int of milliseconds

_LOOK_EVERY = 0.02  # seconds between two looks while workers are being forked

# How often the clean-up is begun anew when an exception breaks into it: a handler's, for a signal
# that another thread was handed, or a MemoryError.
_ATTEMPTS = 100
# Calls within calls for which there has to be room before anything is made: no clean-up and no
# `wait` needs as many.
_DEPTH = 40


class Event(NamedTuple):
    """What woke the caller: descriptors to read, and workers that exited with status 0."""

    ready: list[int]
    exited: list[int]


def _fileno(thing: int | socket.socket) -> int:
    return thing if isinstance(thing, int) else thing.fileno()


def _close(thing: int | socket.socket) -> None:
    os.close(thing) if isinstance(thing, int) else thing.close()


def _checked(timeout: float | None) -> float | None:
    """Return *timeout*; raise TypeError or ValueError unless it is None or a time in seconds."""
    if timeout is not None:
        if isinstance(timeout, bool) or not isinstance(timeout, int | float):
            raise TypeError(f"timeout must be seconds or None, not {timeout!r}")
        if not 0 < timeout < math.inf:
            raise ValueError(f"timeout must be a positive number of seconds, not {timeout!r}")
    return timeout


def _make_room(frames: int) -> None:
    """Raise RecursionError unless there is room for so many calls within calls."""
    if frames:
        _make_room(frames - 1)


class Supervisor:
    """The workers of one run, as a context manager.

    timeout: seconds after which :meth:`wait` and :meth:`events` raise TimeoutError, or None.
    users_code: whether the workers run code that is not ours, as in a channel.  Then a worker has
        the surroundings that the user of a pool expects, and dies with its caller also after it
        has changed its user, and if the thread that forked it ends before the caller does.

    Raises TypeError or ValueError for a timeout that is not a positive number.
    """

    def __init__(self, timeout: float | None = None, *, users_code: bool = False) -> None:
        self._timeout = _checked(timeout)
        self._users_code = users_code
        self.deadline = math.inf if timeout is None else time.monotonic() + timeout
        """When TimeoutError is due, by time.monotonic()."""
        self.poller = select.poll()
        """What the caller sleeps on: channels, and the sentinels of the processes."""
        self.workers: list[Child] = []
        """By number."""
        self.pids: set[int] = set()
        """Of all workers, also of those that have ended."""
        self.exited: set[int] = set()
        """The numbers of the workers that were seen to exit with status 0."""
        self.failure: Exception | None = None
        """What ended the run: the first WorkerError or TimeoutError."""
        self.listening: dict[int, bytearray] = {}
        """What was read and not used yet, by descriptor that is listened to."""
        self._helpers: list[Child] = []
        self.watched: dict[int, Child] = {}
        """The processes whose ends are waited for, by sentinel."""
        self.unseen: list[Child] = []  # ended before there was a sentinel: not yet reported
        self._owned: dict[int, int | socket.socket] = {}
        self._lifeline: Lifeline | None = None
        self._look_at = time.monotonic() + _LOOK_EVERY
        self.cleanup = contextlib.ExitStack()
        """What is to be done at the end, when no worker is left, the last entry first.

        It is not done in a child that was forked meanwhile."""

    def __enter__(self) -> Self:
        _make_room(_DEPTH)
        self.caller = os.getpid()  # before the first fork
        self.signals = BlockedSignals()
        try:
            self.signals.hold()
            standard_streams.fill(self.own)
            self._reports, self._report_to = self.pipe()
            os.set_blocking(self._reports, False)
            if self._users_code:
                standard_streams.flush()  # or each worker would write what is buffered
                self._lifeline = Lifeline()
                self._lifeline.open()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            try:
                self.signals.hold()
            finally:
                self._end()
        except BaseException:  # also where there was no memory for that call
            self._end()
            raise
        for helper in self._helpers:
            # A guardian that died early could not have kept its promise.
            if kind is None and not helper.dismissed and helper.exitcode not in (0, None):
                raise helper.error()

    def _end(self) -> None:
        """End the workers, undo what was done, and deliver signals: whatever breaks in."""
        steps = self._clean_up if os.getpid() == self.caller else self._close_all
        broken_by: BaseException | None = None
        try:
            for _ in range(_ATTEMPTS):
                try:
                    steps()
                    break
                except BaseException as error:  # noqa: BLE001 - raised below
                    broken_by = error
            if broken_by is not None:
                raise broken_by
        finally:
            broken_by = None  # its traceback has this frame: a cycle
            self.signals.deliver()

    def _clean_up(self) -> None:
        # First the workers; then names are removed, guardians ended, descriptors closed.  It may
        # be broken off anywhere, and called again.
        for worker in self.workers:
            worker.kill()
        for worker in self.workers:
            self._reap(worker)
        self.cleanup.close()
        for helper in self._helpers:
            helper.dismiss()  # if the clean-up was broken off
            self._reap(helper)
        self._close_all()

    # -- what is owned --------------------------------------------------------------------

    def own(self, thing: _Closeable) -> _Closeable:
        """Close *thing*, a descriptor or a socket, at the end at the latest."""
        try:
            self._owned[_fileno(thing)] = thing
        except BaseException:  # MemoryError
            _close(thing)
            raise
        return thing

    def close(self, thing: int | socket.socket) -> None:
        """Close *thing*, which is owned, or the socket with this descriptor, now."""
        fd = _fileno(thing)
        self.ignore(fd)
        _close(self._owned.pop(fd))

    def _close_all(self) -> None:
        if self._lifeline is not None:
            self._lifeline.close()
        while self._owned:
            _close(self._owned.popitem()[1])

    def pipe(self) -> tuple[int, int]:
        """Return the read end and the write end of a new pipe, both owned."""
        ends = os.pipe()
        try:
            self._owned.update(zip(ends, ends, strict=True))
        except BaseException:  # MemoryError
            for end in ends:
                self._owned.pop(end, None)
                os.close(end)
            raise
        return ends

    # -- reading --------------------------------------------------------------------------

    def listen(self, fd: int) -> int:
        """Report *fd* in :meth:`events` whenever it can be read; return it."""
        self.poller.register(fd, select.POLLIN)
        self.listening[fd] = bytearray()
        return fd

    def ignore(self, fd: int) -> None:
        """Undo :meth:`listen`; of the sentinel of a process: do not wait for its end any more."""
        known = (self.listening.pop(fd, None), self.watched.pop(fd, None))
        if known != (None, None):
            self.poller.unregister(fd)

    def read(self, fd: int) -> bytearray:
        """Read once from *fd*, which is ready, and return all that is unread.

        What the caller does not delete from it stays unread.  At the end of the stream *fd*
        is ignored from then on.
        """
        unread = self.listening[fd]
        try:
            data = os.read(fd, _READ)
        except BlockingIOError:
            return unread
        except ConnectionError:  # reset by its peer, whose end events() will report
            data = b""
        if not data:
            self.ignore(fd)
        unread += data
        return unread

    # -- processes ------------------------------------------------------------------------

    def fork(self, work: Callable[..., None], *args: object) -> int:
        """Start a worker that calls ``work(*args)`` and exits; return its number.

        It exits with 0 if *work* returns and with 1 if it raises, and in that case the text
        of the exception becomes part of the WorkerError.

        Raises OSError if there is no process or no descriptor to be had.
        """
        self._look()
        number = len(self.workers)
        worker = Child(number, self.caller)
        self.workers.append(worker)
        self._start(worker, partial(self._work, number, work, args))
        self.pids.add(worker.pid)
        return number

    def _look(self) -> None:
        """Look for deaths, the timeout and signals, if it is time."""
        if time.monotonic() >= self._look_at:
            self.wait(0.0)
            self._look_at = time.monotonic() + _LOOK_EVERY

    def _work(self, number: int, work: Callable[..., None], args: tuple[object, ...]) -> None:
        collects = gc.isenabled()
        gc.disable()  # it could finalize the caller's garbage a second time
        # What the caller handles stays blocked, unless the user's code runs here.
        if self._users_code:
            self.signals.reset_in_worker()
        self._die_with_caller()
        try:
            if self._users_code and collects:
                gc.freeze()  # what is the caller's
                gc.enable()
            work(*args)
        except BaseException as error:
            reports.write(self._report_to, number, error)
            raise
        finally:
            if self._users_code:
                standard_streams.flush()

    def _die_with_caller(self) -> None:
        if self._lifeline is None:
            die_with_parent(self.caller)
        else:
            self._lifeline.die_with_caller()

    def start_helper(self, body: Callable[[], None], *, outlives: bool) -> Child:
        """Start a process beside the workers that calls *body* and exits; it has signals blocked.

        Its end is an error at the next wait, until its sentinel is ignored.

        outlives: whether it lives on when the caller is killed.
        """

        def work() -> None:
            gc.disable()
            if not outlives:
                self._die_with_caller()
            body()

        self._look()
        helper = Child(None, self.caller)
        self._helpers.append(helper)
        # What ends a whole process group must not end the guardian of its names.
        all_blocked(self._start, helper, work)
        return helper

    def _start(self, child: Child, body: Callable[[], None]) -> None:
        children.start(child, body)
        if (sentinel := child.sentinel) < 0:
            self.unseen.append(child)
        else:
            self._owned[sentinel] = sentinel
            self.watched[sentinel] = child
            self.poller.register(sentinel, select.POLLIN)

    def _reap(self, child: Child) -> None:
        child.reap()
        sentinel, child.sentinel = child.sentinel, -1
        if sentinel in self._owned:
            self.close(sentinel)
        elif sentinel >= 0:  # there was no memory to own it
            os.close(sentinel)

    def worker_error(self, worker: int) -> WorkerError:
        """Return the error that names *worker*, which has ended, and what it raised."""
        return self.workers[worker].error(reports.read_all(self._reports).get(worker, ""))

    # -- waiting --------------------------------------------------------------------------

    def wait(self, until: float = math.inf) -> list[int]:
        """Sleep until something happens, or *until* then by time.monotonic(); 0: only look.

        Return the descriptors that can be read.  A worker that has exited with status 0 is in
        :attr:`exited` from then on.

        Raises what :meth:`handle` raises; TimeoutError.  If a handler raises, nothing is lost:
        what there was to report is reported by the next call.
        """
        if self.failure is not None:
            raise self.failure
        until = 0.0 if self.unseen else min(until, self.deadline)
        pause = None  # or milliseconds
        if until == 0.0:
            pause = 0.0
        elif until < math.inf:
            pause = min(max(_LEAST_WAIT, until - time.monotonic()), _MOST_WAIT) * 1000
        if (look := children.look_every()) is not None:
            pause = min(look * 1000, math.inf if pause is None else pause)
        try:
            # Signals are delivered here alone, and in the block of a channel.
            self.signals.deliver()
            woken = self.poller.poll(pause)
        finally:
            self.signals.block()
        if time.monotonic() >= self.deadline:
            self.failure = TimeoutError(f"the workers did not end within {self._timeout} s")
            raise self.failure
        return self.handle(woken)

    def handle(self, woken: list[tuple[int, int]]) -> list[int]:
        """Return the descriptors to read of what the poller has reported; reap who has ended.

        This is the one place where a process that ended before the run was whole is reported.

        Raises WorkerError for a worker that ends otherwise than by exit status 0, and for a
        helper, which may not end yet.
        """
        watched = self.watched
        ready = [fd for fd, _ in woken if fd not in watched]
        if len(ready) < len(woken) or self.unseen:
            self.signals.without_interruption(self._take_ends, woken)
        elif children.look_every() is not None:
            self.signals.without_interruption(self._look_for_ends)
        return ready

    def _take_ends(self, woken: list[tuple[int, int]]) -> None:
        while self.unseen:
            self._take_end(self.unseen.pop())
        for fd, _ in woken:
            if (child := self.watched.get(fd)) is not None:
                self._take_end(child)

    def _look_for_ends(self) -> None:
        for child in list(self.watched.values()):
            if child.reap(os.WNOHANG):
                self._take_end(child)

    def _take_end(self, child: Child) -> None:
        """Reap a process that has ended, and note that."""
        self._reap(child)
        if child.worker is None:
            self.failure = child.error()
        elif child.exitcode in (0, None):
            self.exited.add(child.worker)
        else:
            self.failure = self.worker_error(child.worker)
        if self.failure is not None:
            raise self.failure

    def events(self, results: Container[int]) -> Iterator[Event]:
        """Sleep, and yield what happened, until every worker has exited and is in *results*.

        results: holds the number of each worker whose result has been taken.

        Raises WorkerError for a worker that dies otherwise than by exit status 0, or whose
        result cannot come any more (:class:`.Outstanding`); TimeoutError.
        """
        outstanding = Outstanding()
        reported: set[int] = set()
        while len(reported) < len(self.workers) or outstanding:
            late = len(self.exited) > len(reported)
            ready = [] if late else self.wait(0.0 if outstanding else math.inf)
            exited = sorted(self.exited - reported)
            reported.update(exited)
            if ready or exited:
                yield Event(ready, exited)
            for worker in outstanding.lost(results, bool(ready)):
                raise self.worker_error(worker)
            outstanding.expect(worker for worker in exited if worker not in results)
