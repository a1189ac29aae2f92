"""The supervisor of one run.

A transport opens a :class:`Supervisor`, forks its workers with :meth:`Supervisor.fork` and takes
their results while it iterates over :meth:`Supervisor.events`.  The supervisor keeps the promises
that no mechanism makes by itself:

* the caller sleeps on {channel, death of a worker} together, so a dead worker is an error
  and never a hang;
* on every way out of the ``with`` block each worker is killed and reaped, each descriptor
  closed, each named object removed;
* a worker leaves through ``os._exit`` and dies with its caller;
* where a name has to exist for a while, a guardian process, forked before the name is
  made, removes it should the caller be killed with SIGKILL (:mod:`.guardian`).
"""

import contextlib
import gc
import math
import os
import select
import socket
import struct
import time
from collections.abc import Callable, Container, Iterator, Sequence
from functools import partial
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

from transports._supervisor import child as children
from transports._supervisor.child import Child, WorkerError, described, die_with_parent
from transports._supervisor.outstanding import Outstanding
from transports._supervisor.signals import BlockedSignals

_Closeable = TypeVar("_Closeable", int, socket.socket)

_READ = 65536  # bytes to read at once: what a pipe holds, pipe(7)

# The shortest wait, in seconds: interrupted, select.poll() asks once more only if time is left.
_LEAST_WAIT = 1e-3
_MOST_WAIT = 86400.0  # seconds: poll(2) takes an int of milliseconds

# What a worker tells of its exception: its number and text, 512 bytes in all.
_REPORT_TEXT = 508
_REPORT = struct.Struct(f"<I{_REPORT_TEXT}s")


class Event(NamedTuple):
    """What woke the caller: descriptors to read, and workers that exited with status 0."""

    ready: list[int]
    exited: list[int]


def _fileno(thing: int | socket.socket) -> int:
    return thing if isinstance(thing, int) else thing.fileno()


def _close(thing: int | socket.socket) -> None:
    os.close(thing) if isinstance(thing, int) else thing.close()


def write_all(fd: int, data: bytes) -> None:
    """Write all of *data*: write(2) may take less, on a full disk or a signal."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _checked(timeout: float | None) -> float | None:
    """Return *timeout*; raise TypeError or ValueError unless it is None or a time in seconds."""
    if timeout is not None:
        if isinstance(timeout, bool) or not isinstance(timeout, int | float):
            raise TypeError(f"timeout must be seconds or None, not {timeout!r}")
        if not 0 < timeout < math.inf:
            raise ValueError(f"timeout must be a positive number of seconds, not {timeout!r}")
    return timeout


class Supervisor:
    """The workers of one run, as a context manager.

    timeout: seconds after which :meth:`wait` and :meth:`events` raise TimeoutError, or None.

    Raises TypeError or ValueError for a timeout that is not a positive number.
    """

    def __init__(self, timeout: float | None = None) -> None:
        self._timeout = _checked(timeout)
        self.deadline = math.inf if timeout is None else time.monotonic() + timeout
        """When TimeoutError is due, by time.monotonic()."""
        self.poller = select.poll()
        """What the caller sleeps on: channels, and the sentinels of the processes."""
        self.workers: list[Child] = []
        """By number."""
        self.pids: set[int] = set()
        """Of all workers, also of those that have ended."""
        self.listening: dict[int, bytearray] = {}
        """What was read and not used yet, by descriptor that is listened to."""
        self._helpers: list[Child] = []
        self.watched: dict[int, Child] = {}
        """The processes whose ends are waited for, by sentinel."""
        self.unseen: list[Child] = []  # ended before there was a sentinel: not yet reported
        self._owned: dict[int, int | socket.socket] = {}
        self.cleanup = contextlib.ExitStack()
        """What is to be done at the end, when no worker is left, the last entry first."""

    def __enter__(self) -> Self:
        self.caller = os.getpid()  # before the first fork
        self.signals = BlockedSignals()
        with contextlib.ExitStack() as stack:
            stack.callback(self.signals.deliver)
            stack.callback(self._close_all)
            self._fill_standard_streams()
            self._reports, self._report_to = self.pipe()
            os.set_blocking(self._reports, False)
            self.cleanup = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # First the workers; then the clean-up: names are removed, guardians ended,
        # descriptors closed and, last of all, signals delivered.
        with self.cleanup:
            for worker in self.workers:
                worker.kill()
            for worker in self.workers:
                self._reap(worker)
        for helper in self._helpers:
            # A guardian that died early could not have kept its promise.
            if kind is None and not helper.dismissed and helper.exitcode not in (0, None):
                raise helper.error()

    # -- what is owned --------------------------------------------------------------------

    def own(self, thing: _Closeable) -> _Closeable:
        """Close *thing*, a descriptor or a socket, at the end at the latest."""
        self._owned[_fileno(thing)] = thing
        return thing

    def close(self, thing: int | socket.socket) -> None:
        """Close *thing*, which is owned, or the socket with this descriptor, now."""
        fd = _fileno(thing)
        self.ignore(fd)
        _close(self._owned.pop(fd))

    def _close_all(self) -> None:
        while self._owned:
            _close(self._owned.popitem()[1])

    def pipe(self) -> tuple[int, int]:
        """Return the read end and the write end of a new pipe, both owned."""
        reader, writer = os.pipe()
        return self.own(reader), self.own(writer)

    def _fill_standard_streams(self) -> None:
        # A caller may have closed its standard streams. A channel that took the place of one
        # would be written to by whatever prints.
        for fd in (0, 1, 2):
            try:
                os.fstat(fd)
            except OSError:
                self.own(os.open(os.devnull, os.O_RDWR))  # the lowest that is free: this one

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
        number = len(self.workers)
        worker = self._start(number, partial(self._work, number, work, args))
        self.workers.append(worker)
        self.pids.add(worker.pid)
        return number

    def _work(self, worker: int, work: Callable[..., None], args: tuple[object, ...]) -> None:
        gc.disable()  # it could finalize the caller's garbage a second time
        # What the caller handles stays blocked here: its handlers are not a worker's to run.
        # Ctrl-C reaches the whole terminal group; the caller answers it and ends the workers.
        die_with_parent(self.caller)
        try:
            work(*args)
        except BaseException as error:
            # One write of at most 512 bytes is atomic on every system (POSIX, PIPE_BUF).
            os.write(self._report_to, _REPORT.pack(worker, described(error)[:_REPORT_TEXT]))
            raise

    def start_helper(self, body: Callable[[], None]) -> Child:
        """Start a process beside the workers that calls *body* and exits.

        Its end is an error at the next wait, until its sentinel is ignored.
        """
        helper = self._start(None, body)
        self._helpers.append(helper)
        self.cleanup.callback(self._reap, helper)
        return helper

    def _start(self, worker: int | None, body: Callable[[], None]) -> Child:
        child = children.start(worker, body)
        if child.sentinel < 0:
            self.unseen.append(child)
        else:
            self.watched[self.own(child.sentinel)] = child
            self.poller.register(child.sentinel, select.POLLIN)
        return child

    def _reap(self, child: Child) -> None:
        child.reap()
        sentinel, child.sentinel = child.sentinel, -1
        if sentinel in self._owned:
            self.close(sentinel)

    def worker_error(self, worker: int) -> WorkerError:
        """Return the error that names *worker*, which has ended, and what it raised."""
        texts = {}
        with contextlib.suppress(BlockingIOError):
            while report := os.read(self._reports, _REPORT.size):
                number, text = _REPORT.unpack(report)
                texts[number] = text.rstrip(b"\0").decode(errors="ignore")  # cut in a character
        return self.workers[worker].error(texts.get(worker, ""))

    # -- waiting --------------------------------------------------------------------------

    def wait(self, until: float = math.inf) -> Event:
        """Sleep until something happens, or *until* then by time.monotonic(); 0: only look.

        Raises what :meth:`handle` raises; TimeoutError.
        """
        unseen, self.unseen = self.unseen, []
        until = 0.0 if unseen else min(until, self.deadline)
        pause = None  # or milliseconds
        if until == 0.0:
            pause = 0.0
        elif until < math.inf:
            pause = min(max(_LEAST_WAIT, until - time.monotonic()), _MOST_WAIT) * 1000
        try:
            # Signals are delivered here alone: should a handler raise, nothing is half done,
            # and what poll(2) has reported is reported again.
            self.signals.deliver()
            woken = self.poller.poll(pause)
        finally:
            self.signals.block()
        if time.monotonic() >= self.deadline:
            raise TimeoutError(f"the workers did not end within {self._timeout} s")
        return self.handle(woken, unseen)

    def handle(self, woken: list[tuple[int, int]], ended: Sequence[Child] = ()) -> Event:
        """Return what the poller has reported, with every process reaped that has *ended*.

        This is the one place where a process that ended before the run was whole is reported.

        Raises WorkerError for a worker that ends otherwise than by exit status 0, and for a
        helper, which may not end yet.
        """
        watched = self.watched
        ready = [fd for fd, _ in woken if fd not in watched]
        if len(ready) == len(woken) and not ended:  # as a rule
            return Event(ready, [])
        with self.signals.held_back():  # no handler may raise amid this
            children = [*ended, *(watched[fd] for fd, _ in woken if fd in watched)]
            return Event(ready, [self._exited(child) for child in children])

    def _exited(self, child: Child) -> int:
        """Reap a process that has ended; return the number of a worker that exited with 0."""
        self._reap(child)
        if child.worker is None:
            raise child.error()
        if child.exitcode not in (0, None):
            raise self.worker_error(child.worker)
        return child.worker

    def events(self, results: Container[int], grace: float = 0.0) -> Iterator[Event]:
        """Sleep, and yield what happened, until every worker has exited and is in *results*.

        results: holds the number of each worker whose result has been taken.
        grace: seconds that a result may be under way after its worker's death, for a channel
            that does not deliver at once.

        Raises WorkerError for a worker that dies otherwise than by exit status 0, or whose
        result cannot come any more (:class:`.Outstanding`); TimeoutError.
        """
        outstanding = Outstanding(grace)
        running = len(self.workers)
        while running or outstanding:
            event = self.wait(outstanding.until)
            looked = time.monotonic()
            if event.ready or event.exited:
                yield event
            running -= len(event.exited)
            for worker in outstanding.lost(results, bool(event.ready), looked):
                raise self.worker_error(worker)
            outstanding.expect(worker for worker in event.exited if worker not in results)
