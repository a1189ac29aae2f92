"""The crew: the one place that forks, watches, kills, reaps and guards.

A transport opens a :class:`Crew`, forks its workers with :meth:`Crew.fork` and takes their
results while it iterates over :meth:`Crew.events`.  The crew keeps the promises that no
mechanism makes by itself:

* the caller sleeps on {channel, death of a worker} together, so a dead worker is an error
  and never a hang;
* on every way out of the ``with`` block each worker is killed and reaped, each descriptor
  closed, each named object removed;
* a worker leaves through ``os._exit`` and dies with its caller;
* where a name has to exist for a while, a guardian process, forked before the name is
  made, removes it should the caller be killed with SIGKILL.

Handlers of signals that the caller has set in Python can raise between any two bytecodes,
also between a system call and the assignment of its result.  So these signals are blocked
in the calling thread for as long as the ``with`` block lasts, except while it sleeps.
(In a process with more threads the kernel may hand a signal to another of them.)
"""

import contextlib
import errno
import gc
import hashlib
import hmac
import math
import os
import secrets
import select
import shutil
import signal
import socket
import struct
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from functools import partial
from types import FrameType, TracebackType
from typing import NamedTuple, NoReturn, ParamSpec, Self, TypeVar

import kernel


class WorkerError(RuntimeError):
    """A process of the run ended before the run was whole.

    worker: its number, from 0, or None for the guardian.
    pid: its process id.
    exitcode: its exit status; negative, the number of the signal that killed it (as in
        subprocess.Popen.returncode); None where the system did not keep it, because the
        caller ignores SIGCHLD or reaps children that it did not start.
    text: the exception that it raised, as text, or "".
    """

    def __init__(self, worker: int | None, pid: int, exitcode: int | None, text: str = "") -> None:
        super().__init__(worker, pid, exitcode, text)
        self.worker = worker
        self.pid = pid
        self.exitcode = exitcode
        self.text = text

    def __str__(self) -> str:
        who = "the guardian" if self.worker is None else f"worker {self.worker}"
        if self.exitcode is None:
            how = "ended without a result (its exit status was not kept)"
        elif self.exitcode < 0:
            try:
                name = signal.Signals(-self.exitcode).name
            except ValueError:  # a real-time signal
                name = "signal"
            how = f"was killed by {name} ({-self.exitcode})"
        else:
            how = f"exited with status {self.exitcode}"
            if self.exitcode == 0:
                how += " without a result"
        return f"{who} (pid {self.pid}) {how}" + (f": {self.text}" if self.text else "")


class _Child:
    """A process of the run: its number, its pid and how it ended."""

    def __init__(self, worker: int | None, pid: int) -> None:
        self.worker = worker
        self.pid = pid
        self.sentinel: int | None = None
        self.reaped = False
        self.dismissed = False
        self.exitcode: int | None = None


_Closeable = TypeVar("_Closeable", int, socket.socket)
_Entered = TypeVar("_Entered")
_Result = TypeVar("_Result")
_Arguments = ParamSpec("_Arguments")

# What a worker tells of its exception: its number and text, 512 bytes in all.
_REPORT_TEXT = 508
_REPORT = struct.Struct(f"<I{_REPORT_TEXT}s")


class Event(NamedTuple):
    """What woke the caller: descriptors to read, and workers that exited with status 0."""

    ready: list[int]
    exited: list[int]


def _pidfds() -> bool:
    # Linux 5.3. An older kernel says ENOSYS, a sandbox may say EPERM: ask, do not guess.
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return True


def _prctl() -> Callable[..., int] | None:
    try:
        import ctypes  # noqa: PLC0415 - missing where Python was built without libffi

        function = ctypes.CDLL(None).prctl
    except (ImportError, AttributeError, OSError):
        return None
    function.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
    return function


_PIDFD = _pidfds()
_PRCTL = _prctl()
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>

_SIGNALS = tuple(int(number) for number in signal.valid_signals())

# Times that a caller takes what is ready after a worker has exited, until the worker's result
# would have been among it: all that is ahead of it is a full backlog of connections (4096,
# listen(2)), of which `admitted` takes 64 at a time, and one more look to read it.
_LOOKS = 128

_TERMINAL = {signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM}

# A life pipe says "dead" when its last write end is closed, so no other worker may inherit
# it: only one thread at a time opens one, forks and closes its own copy.
_FORKING = threading.Lock()


def follow(parent: int | None) -> None:
    """Make this process die with *parent*, its parent; None: no longer.

    prctl(2) PR_SET_PDEATHSIG acts when the *thread* that forked ends: that thread is inside
    `run`, which returns only when no worker is left.  Elsewhere a timer asks four times a
    second; being a signal, it ends a blocked system call too.
    """
    if parent is None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        if _PRCTL is not None:
            _PRCTL(_PR_SET_PDEATHSIG, 0, 0, 0, 0)
        return
    if _PRCTL is None or _PRCTL(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:

        def ask(signum: int, frame: FrameType | None) -> None:
            if os.getppid() != parent:
                os._exit(1)

        signal.signal(signal.SIGALRM, ask)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
        signal.setitimer(signal.ITIMER_REAL, 0.25, 0.25)
    if os.getppid() != parent:  # it died before this process began to follow it
        os._exit(1)


def _leave(body: Callable[[], None]) -> NoReturn:
    """Call *body* and end this process: no way leads back into the caller's code."""
    status = 1
    try:
        body()
        status = 0
    finally:
        os._exit(status)


def _remove_tree(path: str) -> None:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except PermissionError:  # its mode is not ours any more
        os.chmod(path, 0o700)
        shutil.rmtree(path)
        return
    except OSError as error:
        # Gone, or somebody else's by now: a link is not followed, and not ours to remove.
        if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            raise
        return
    try:  # flat, as we made it: a fifth of the time of rmtree
        for name in os.listdir(fd):
            os.unlink(name, dir_fd=fd)
        os.rmdir(path)
    except FileNotFoundError:
        pass
    except OSError:
        shutil.rmtree(path)
    finally:
        os.close(fd)


def _fileno(thing: int | socket.socket) -> int:
    return thing if isinstance(thing, int) else thing.fileno()


def _close(thing: int | socket.socket) -> None:
    os.close(thing) if isinstance(thing, int) else thing.close()


def random_name() -> str:
    """Return a name that nobody can guess or hold already: 104 random bits.

    31 characters in all with the slash of a POSIX object: PSHMNAMLEN of macOS and the BSDs.
    """
    return "ipc-" + secrets.token_hex(13)


def described(error: BaseException) -> bytes:
    """Return type and text of *error* in UTF-8, whatever it is.

    A lone surrogate, as in a path that is not text (os.fsdecode), becomes its escape: UTF-8 has
    no code for it.  An error that cannot even be formatted is told by its type.
    """
    try:
        text = "".join(traceback.format_exception_only(error)).strip()
    except Exception:  # noqa: BLE001 - of a class whose methods raise
        text = type(error).__name__
    return text.encode(errors="backslashreplace")


def write_all(fd: int, data: bytes) -> None:
    """Write all of *data*: write(2) may take less, on a full disk or a signal."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def quiet(write: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """Return *write*, which writes to a pipe or socket, so that a closed one is but EPIPE.

    CPython ignores the signal that POSIX sends with that.  A caller may have it otherwise; or
    have it blocked, and then it would stay pending.
    """
    ignored = signal.getsignal(signal.SIGPIPE) == signal.SIG_IGN
    if ignored and signal.SIGPIPE not in signal.pthread_sigmask(signal.SIG_BLOCK, ()):
        return write

    def quietly(*args: _Arguments.args, **options: _Arguments.kwargs) -> _Result:
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPIPE})
        waits = signal.SIGPIPE in signal.sigpending()
        try:
            return write(*args, **options)
        finally:
            if not waits and signal.SIGPIPE in signal.sigpending():
                signal.sigwait({signal.SIGPIPE})
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    return quietly


class Seal:
    """Frames for a channel that a stranger may find: marked, numbered and signed.

    A frame is 36 bytes: 8 of a mark, by which a reader finds it amid garbage; the worker,
    unsigned 32 bits; its sum, an IEEE 754 double; a 128-bit keyed BLAKE2 digest of these.
    Mark and key are drawn for each run and reach the workers through fork alone.  A frame
    that was replayed says again what is known, any other that was made up is refused.

    secret: that of another seal, for a worker that is not forked: its frames are the same.
    """

    _BODY = struct.Struct("<8sId")
    _DIGEST = 16
    size = _BODY.size + _DIGEST

    def __init__(self, secret: bytes | None = None) -> None:
        self.secret = secret or secrets.token_bytes(40)
        self._mark, self._key = self.secret[:8], self.secret[8:]

    def _sign(self, body: bytes) -> bytes:
        return hashlib.blake2b(body, digest_size=self._DIGEST, key=self._key).digest()

    def pack(self, worker: int, value: float) -> bytes:
        """Return the frame that carries *value* from *worker*."""
        body = self._BODY.pack(self._mark, worker, value)
        return body + self._sign(body)

    def unpack(self, frame: bytes) -> dict[int, float]:
        """Return {worker: value}, or {} if no worker of this run made *frame*."""
        body = frame[: self._BODY.size]
        if len(frame) != self.size or not hmac.compare_digest(
            self._sign(body), frame[self._BODY.size :]
        ):
            return {}
        _, worker, value = self._BODY.unpack(body)
        return {worker: value}

    def scan(self, stream: bytearray) -> dict[int, float]:
        """Take every whole frame out of *stream*, and what is certainly none."""
        found: dict[int, float] = {}
        while (start := stream.find(self._mark)) >= 0 and len(stream) - start >= self.size:
            sums = self.unpack(bytes(stream[start : start + self.size]))
            found |= sums
            del stream[: start + (self.size if sums else 1)]
        # What is left can only be the start of a frame, or of a mark.
        del stream[: max(0, start if start >= 0 else len(stream) - len(self._mark) + 1)]
        return found


class Owing:
    """The workers that have exited, and whose results may still be on their way.

    A worker is lost when nothing more of it can come: a look that began after its exit was seen
    found nothing ready at all (for a channel that does not deliver at once, after *grace*
    seconds), or so many looks found something that its result would have been reached.
    """

    def __init__(self, grace: float = 0.0) -> None:
        self._grace = grace
        self._until: dict[int, float] = {}
        self._looks: dict[int, int] = {}
        self.until = math.inf
        """The time, of time.monotonic(), at which to look again at the latest."""

    def __bool__(self) -> bool:
        return bool(self._until)

    def expect(self, exited: Iterable[int]) -> None:
        """Add workers that have exited: the next look begins after that was seen."""
        now = time.monotonic()
        for worker in exited:
            self._until.setdefault(worker, now + self._grace)
        self.until = min(self._until.values(), default=math.inf)

    def lost(self, results: Container[int], ready: bool) -> list[int]:
        """Return the workers that are lost, after a look that found something *ready* or not.

        results: holds each worker whose result has been taken; it is forgotten.
        """
        for worker in [worker for worker in self._until if worker in results]:
            del self._until[worker]
        found, now = [], time.monotonic()
        for worker, until in self._until.items():
            self._looks[worker] = looks = self._looks.get(worker, 0) + 1
            if now >= until and (not ready or looks > _LOOKS):
                found.append(worker)
        self.until = min(self._until.values(), default=math.inf)
        return found


class Crew:
    """The workers of one run, as a context manager.

    timeout: seconds after which :meth:`events` raises TimeoutError, or None.

    Raises TypeError or ValueError for a timeout that is not a positive number.
    """

    def __init__(self, timeout: float | None = None) -> None:
        if timeout is not None:
            if isinstance(timeout, bool) or not isinstance(timeout, int | float):
                raise TypeError(f"timeout must be seconds or None, not {timeout!r}")
            if not 0 < timeout < math.inf:
                raise ValueError(f"timeout must be a positive number of seconds, not {timeout!r}")
        self._timeout = timeout
        self._deadline = math.inf if timeout is None else time.monotonic() + timeout
        self._stack = contextlib.ExitStack()
        self._poll = select.poll()
        self._children: list[_Child] = []  # by number
        self._guardians: list[_Child] = []
        self._sentinels: dict[int, _Child] = {}
        self._lost: list[_Child] = []  # gone before a sentinel could be had
        self._owned: dict[int, int | socket.socket] = {}
        self._unread: dict[int, bytearray] = {}
        self.poll: Callable[[], list[tuple[int, int]]] | None = None
        """Sleeps until something happens, while there are but descriptors to wait for."""
        self.exited: set[int] = set()
        """Workers that :meth:`look` has seen exit with status 0."""

    def __enter__(self) -> Self:
        self._parent = os.getpid()
        self._handled = [s for s in _SIGNALS if callable(signal.getsignal(s))]
        self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, self._handled)
        with contextlib.ExitStack() as stack:
            stack.callback(signal.pthread_sigmask, signal.SIG_SETMASK, self._mask)
            stack.callback(self._close_all)
            self._plug()
            self._report, self._tell = self.pipe()
            os.set_blocking(self._report, False)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # First the workers; then the stack: names are removed, guardians ended,
        # descriptors closed and, last of all, signals let in.
        with self._stack:
            self._end(self._children)
        for guardian in self._guardians:
            # A guardian that died early could not have kept its promise.
            if kind is None and not guardian.dismissed and guardian.exitcode not in (0, None):
                raise self._blame(guardian)

    # -- descriptors ----------------------------------------------------------------------

    def own(self, thing: _Closeable) -> _Closeable:
        """Close *thing*, a descriptor or a socket, at the end at the latest."""
        self._owned[_fileno(thing)] = thing
        return thing

    def close(self, thing: int | socket.socket) -> None:
        """Close *thing*, which is owned, now."""
        fd = _fileno(thing)
        self.ignore(fd)
        del self._owned[fd]
        _close(thing)

    def _close_all(self) -> None:
        while self._owned:
            _close(self._owned.popitem()[1])

    def pipe(self) -> tuple[int, int]:
        """Return the read end and the write end of a new pipe, both owned."""
        reader, writer = os.pipe()
        return self.own(reader), self.own(writer)

    def _plug(self) -> None:
        # A caller may have closed its standard streams. A channel that took the place of one
        # would be written to by whatever prints.
        for fd in (0, 1, 2):
            try:
                os.fstat(fd)
            except OSError:
                self.own(os.open(os.devnull, os.O_RDWR))  # the lowest that is free: this one

    def directory(self, room: int | None = None) -> str:
        """Return the path of a new private directory, removed with all it holds at the end.

        It has mode 0700 whatever the umask, and a name that cannot be guessed.

        room: bytes that its path may have, for a socket address; where the temporary
            directory leaves less, /tmp or /var/tmp is used.

        Raises OSError: ENAMETOOLONG if none fits, or what mkdir(2) raises.
        """
        name = random_name()
        for base in (tempfile.gettempdir(), "/tmp", "/var/tmp"):  # noqa: S108 - the name is not to be guessed
            path = os.path.join(base, name)
            if room is None or len(os.fsencode(path)) <= room:
                break
        else:
            raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), path)
        self.enter(self.guard(partial(_remove_tree, path)))
        os.mkdir(path, 0o700)
        os.chmod(path, 0o700)  # a umask of 0777 leaves nothing
        return path

    def listen(self, fd: int) -> int:
        """Report *fd* in :meth:`events` whenever it can be read; return it."""
        self._poll.register(fd, select.POLLIN)
        self._unread[fd] = bytearray()
        return fd

    def ignore(self, fd: int) -> None:
        """Undo :meth:`listen`."""
        if self._unread.pop(fd, None) is not None:
            self._poll.unregister(fd)

    def listens(self, fd: int) -> bool:
        """Whether *fd* is listened to: not ignored, nor read to its end."""
        return fd in self._unread

    def read(self, fd: int) -> bytearray:
        """Read once from *fd*, which is ready, and return all that is unread.

        What the caller does not delete from it stays unread.  At the end of the stream *fd*
        is ignored from then on.
        """
        unread = self._unread[fd]
        try:
            data = os.read(fd, 65536)
        except BlockingIOError:
            return unread
        except ConnectionError:  # reset by its peer, whom events() will blame
            data = b""
        if not data:
            self.ignore(fd)
        unread += data
        return unread

    # -- processes ------------------------------------------------------------------------

    def started(self, pid: int) -> bool:
        """Whether *pid* is, or was, a worker of this crew."""
        return any(child.pid == pid for child in self._children)

    def pid(self, worker: int) -> int:
        """Return the pid that *worker* has, or had."""
        return self._children[worker].pid

    def fork(self, work: Callable[..., None], *args: object) -> int:
        """Start a worker that calls ``work(*args)`` and exits; return its number.

        It exits with 0 if *work* returns and with 1 if it raises, and in that case the text
        of the exception becomes part of the WorkerError.

        Raises OSError if there is no process or no descriptor to be had.
        """
        worker = len(self._children)
        self._spawn(worker, partial(self._work, worker, work, args))
        return worker

    def execute(
        self, argv: list[str], environment: Mapping[str, str], directory: str, output: int
    ) -> int:
        """Start a worker that becomes the program *argv*, in a session of its own.

        It has *directory*, *environment* and no input, and writes to *output*.  Neither it
        nor what it starts dies with its caller: see :func:`end_all`, and call it from a guard.
        """
        return self.fork(self._become, argv, environment, directory, output)

    def _become(
        self, argv: list[str], environment: Mapping[str, str], directory: str, output: int
    ) -> None:
        follow(None)
        for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
            signal.setitimer(timer, 0)  # exec(2) keeps them, and forgets who would answer
        os.setsid()  # what a terminal sends to the caller's group is the caller's to answer
        os.chdir(directory)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        for fd in map(int, os.listdir("/dev/fd")):
            if fd > 2:  # what is inheritable is not meant for it
                with contextlib.suppress(OSError):
                    os.set_inheritable(fd, False)
        # Python ignores two of them, the caller perhaps the third, and exec(2) keeps that.
        for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.execvpe(argv[0], argv, environment)  # noqa: S606 - no shell

    def _spawn(self, worker: int | None, body: Callable[[], None]) -> _Child:
        with _FORKING:
            reader = writer = -1
            if not _PIDFD:
                reader, writer = self.pipe()
            pid = os.fork()
            if pid == 0:
                _leave(body)
            child = _Child(worker, pid)
            (self._guardians if worker is None else self._children).append(child)
            if not _PIDFD:
                self.close(writer)
        if _PIDFD:
            try:
                reader = self.own(os.pidfd_open(pid))
            except ProcessLookupError:  # dead, and not kept: SIGCHLD is ignored
                self._lost.append(child)
                return child
            except OSError:
                self._end([child])
                raise
        child.sentinel = reader
        self._sentinels[reader] = child
        self._poll.register(reader, select.POLLIN)
        return child

    def _work(self, worker: int, work: Callable[..., None], args: tuple[object, ...]) -> None:
        gc.disable()  # it could finalize the caller's garbage a second time
        # What the caller handles stays blocked here: its handlers are not a worker's to run.
        # Ctrl-C reaches the whole terminal group; the caller answers it and ends the workers.
        follow(self._parent)
        try:
            work(*args)
        except BaseException as error:
            # One write of at most 512 bytes is atomic on every system (POSIX, PIPE_BUF).
            os.write(self._tell, _REPORT.pack(worker, described(error)[:_REPORT_TEXT]))
            raise

    def enter(self, context: contextlib.AbstractContextManager[_Entered]) -> _Entered:
        """Enter *context* now and leave it at the end, when no worker is left."""
        return self._stack.enter_context(context)

    @contextlib.contextmanager
    def guard(self, remove: Callable[[], None]) -> Iterator[None]:
        """Call *remove* on leaving, or when the caller and all its workers are dead.

        For an object that lives by its name: enter before it is made, leave once its name
        may go, at the end of the run or, with a mechanism that works on without its name,
        at once.  *remove* must not mind that there is nothing to remove.

        The promise is kept by a process of its own, asleep on a pipe whose write end is held
        by the caller and its workers: at end of file they are gone, by whatever signal.  It is
        asked to remove also where the caller cannot, and killed where it could.
        """
        reader, writer = self.pipe()

        def wait() -> None:
            gc.disable()
            # What ends a whole terminal group or session must not end its guardian.
            signal.pthread_sigmask(signal.SIG_BLOCK, _TERMINAL)
            os.close(writer)
            os.read(reader, 1)
            remove()

        guardian = self._spawn(None, wait)
        self.close(reader)
        try:
            yield
        finally:
            try:
                remove()
            except Exception:  # noqa: BLE001 - short of descriptors, perhaps, which it is not
                with contextlib.suppress(BrokenPipeError):
                    quiet(os.write)(writer, b"!")
            else:
                self._dismiss(guardian)
            self._unwatch(guardian)
            self.close(writer)
            self._stack.callback(self._reap, guardian)

    def watch(self, tell: Callable[[], None], check: Callable[[], None] | None = None) -> None:
        """Call *tell*, in a process of its own, when a child ends; and *check* now and then.

        For a caller that sleeps where it has no descriptor to be woken by.  It is forked
        after the last worker; *tell* may wait.  A second one does it when the first has died,
        and that one when the second has.
        """
        reader, writer = self.pipe()  # its end of file is the second one's
        first = self._watcher([reader, *self._sentinels], writer, tell, check)
        self.close(reader)
        mate = [fd for fd, child in self._sentinels.items() if child is first]
        self._watcher(mate, -1, tell, check)
        self.close(writer)

    def _watcher(
        self,
        sentinels: list[int],
        other: int,
        tell: Callable[[], None],
        check: Callable[[], None] | None,
    ) -> _Child:
        poll = select.poll()
        for sentinel in sentinels:
            poll.register(sentinel, select.POLLIN)

        def wait() -> None:
            gc.disable()
            signal.pthread_sigmask(signal.SIG_BLOCK, _TERMINAL)
            follow(self._parent)
            if other >= 0:
                os.close(other)
            if self._lost:
                tell()
            while True:
                gone = poll.poll(None if check is None else 250)
                for sentinel, _ in gone:
                    poll.unregister(sentinel)
                if check is not None:
                    check()
                if gone:
                    tell()

        watcher = self._spawn(None, wait)
        self._stack.callback(self._reap, watcher)
        self._stack.callback(self._dismiss, watcher)
        return watcher

    def _dismiss(self, guardian: _Child) -> None:
        self._reap(guardian, os.WNOHANG)
        if not guardian.reaped:
            # Not asked to go: it may be stopped, and has nothing left to do.
            guardian.dismissed = True
            self._kill(guardian)

    def _reap(self, child: _Child, options: int = 0) -> None:
        if child.reaped:
            return
        try:
            pid, status = os.waitpid(child.pid, options)
            if pid == 0:
                return
            child.exitcode = os.waitstatus_to_exitcode(status)
        except ChildProcessError:  # SIGCHLD is ignored, or somebody else reaped it
            pass
        child.reaped = True
        self._unwatch(child)
        if child.sentinel is not None:
            self.close(child.sentinel)

    def _unwatch(self, child: _Child) -> None:
        if child.sentinel in self._sentinels:
            del self._sentinels[child.sentinel]
            self._poll.unregister(child.sentinel)

    def _end(self, children: list[_Child]) -> None:
        for child in children:
            if not child.reaped:
                self._kill(child)
        for child in children:
            self._reap(child)

    def _kill(self, child: _Child) -> None:
        with contextlib.suppress(ProcessLookupError):
            if _PIDFD and child.sentinel is not None:
                # Where SIGCHLD is ignored, the pid may be another process by now.
                signal.pidfd_send_signal(child.sentinel, signal.SIGKILL)
            else:
                os.kill(child.pid, signal.SIGKILL)

    # -- events ---------------------------------------------------------------------------

    def events(self, results: Container[int], grace: float = 0.0) -> Iterator[Event]:
        """Sleep, and yield what happened, until every worker has exited and is in *results*.

        results: holds the number of each worker whose result has been taken.
        grace: seconds that a result may be under way after its worker's death, for a channel
            that does not deliver at once.

        Raises WorkerError for a worker that dies otherwise than by exit status 0, or whose
        result is not in *results* when it is dead and its channel empty; TimeoutError.
        """
        owing = Owing(grace)
        running = len(self._children)
        while running or owing:
            ready, dead = self._sleep(owing.until)
            for child in dead:
                self._reap(child)
                if child.exitcode not in (0, None) or child.worker is None:
                    raise self._blame(child)
            exited = [child.worker for child in dead if child.worker is not None]
            if ready or exited:
                yield Event(ready, exited)
            running -= len(exited)
            for worker in owing.lost(results, bool(ready)):
                raise self.blame(worker)
            owing.expect(worker for worker in exited if worker not in results)

    @contextlib.contextmanager
    def admit(self) -> Iterator[None]:
        """Let signals in for as long as the block lasts, in which nothing is made or removed."""
        handled, self._handled = self._handled, []
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)
            if self.patient and not self._lost:
                self.poll = self._poll.poll
            yield
        finally:
            self._handled = handled
            self.poll = None
            signal.pthread_sigmask(signal.SIG_BLOCK, handled)

    def look(self, pause: float = math.inf) -> list[int]:
        """Sleep until something happens, *pause* seconds at most; return what can be read.

        It is the lean sibling of :meth:`events`, for a channel that carries many messages:
        who is to be waited for, and for how long, is its own to know.

        Raises WorkerError for a worker that dies otherwise than by exit status 0;
        TimeoutError.
        """
        if self.poll is not None and pause == math.inf:
            return self.look_at(self.poll())
        return self._note(*self._sleep(time.monotonic() + pause if pause else 0.0))

    def look_at(self, woken: list[tuple[int, int]]) -> list[int]:
        """Return what can be read of what :attr:`poll` has reported; it raises as :meth:`look`."""
        return self._note(*self._split(woken))

    def _note(self, ready: list[int], dead: list[_Child]) -> list[int]:
        for child in dead:
            self._reap(child)
            if child.exitcode not in (0, None) or child.worker is None:
                raise self._blame(child)
            self.exited.add(child.worker)
        return ready

    @property
    def patient(self) -> bool:
        """Whether it has no timeout."""
        return self._deadline == math.inf

    def blame(self, worker: int) -> WorkerError:
        """Return the error that names *worker*, which is dead."""
        return self._blame(self._children[worker])

    @contextlib.contextmanager
    def writing(self, fd: int) -> Iterator[None]:
        """Let :meth:`look` report *fd* also when it can be written to."""
        self._poll.register(
            fd, select.POLLIN | select.POLLOUT if fd in self._unread else select.POLLOUT
        )
        try:
            yield
        finally:
            if fd in self._unread:
                self._poll.register(fd, select.POLLIN)
            else:
                with contextlib.suppress(KeyError):  # ignored meanwhile
                    self._poll.unregister(fd)

    def _sleep(self, until: float) -> tuple[list[int], list[_Child]]:
        lost, self._lost = self._lost, []
        until = 0.0 if lost else min(until, self._deadline)
        pause = None  # or milliseconds, at most a day: poll(2) takes an int
        if until == 0.0:
            pause = 0.0
        elif until < math.inf:
            # At least one: interrupted, select.poll() asks once more only if time is left.
            pause = min(max(1e-3, until - time.monotonic()), 86400.0) * 1000
        try:
            # Signals are let in here alone: should a handler raise, nothing is half done,
            # and what poll(2) has reported is reported again.
            signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)
            woken = self._poll.poll(pause)
        finally:
            signal.pthread_sigmask(signal.SIG_BLOCK, self._handled)
        if time.monotonic() >= self._deadline:
            raise TimeoutError(f"the workers did not end within {self._timeout} s")
        ready, dead = self._split(woken)
        return ready, lost + dead

    def _split(self, woken: list[tuple[int, int]]) -> tuple[list[int], list[_Child]]:
        ready, dead = [], []
        for fd, _ in woken:
            child = self._sentinels.get(fd)
            if child is None:
                ready.append(fd)
            else:
                dead.append(child)
        return ready, dead

    def _blame(self, child: _Child) -> WorkerError:
        if child.worker is None:
            return WorkerError(None, child.pid, child.exitcode)
        texts = {}
        with contextlib.suppress(BlockingIOError):
            while report := os.read(self._report, _REPORT.size):
                worker, text = _REPORT.unpack(report)
                texts[worker] = text.rstrip(b"\0").decode(errors="ignore")  # cut in a character
        return WorkerError(child.worker, child.pid, child.exitcode, texts.get(child.worker, ""))


def _marked(mark: bytes) -> list[str]:
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as environment:
            if mark in environment.read():  # nothing, of a zombie
                found.append(pid)
    return found


def end_all(mark: str) -> None:
    """End every process whose environment was started with *mark*, and what each has named.

    For a program that starts others, in sessions of their own, and may die before them.  All
    are stopped first, so that none starts another or tidies up half; then their shared memory
    is removed by its names, which proc(5) tells for as long as they live, and they are killed.
    Without a /proc, or for one that is killed by others, that is left to the program itself.

    Raises TimeoutError if one is there after ten seconds.
    """
    if not os.path.exists("/proc/self/environ"):
        return
    stopped: set[str] = set()
    while fresh := set(_marked(mark.encode())) - stopped:
        for pid in fresh:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGSTOP)
        stopped |= fresh
    for pid in stopped:
        with contextlib.suppress(OSError):
            for fd in os.listdir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    name = os.readlink(f"/proc/{pid}/fd/{fd}")
                    if name.startswith("/dev/shm/"):  # noqa: S108 - where Linux has them
                        os.unlink(name)
    for pid in stopped:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
    until = time.monotonic() + 10
    while stopped and (left := _marked(mark.encode())):
        if time.monotonic() > until:
            raise TimeoutError(f"processes {left} do not end")
        time.sleep(0.002)


def accept(
    crew: Crew,
    listener: socket.socket,
    seal: Seal,
    welcome: Callable[[socket.socket, object], bool],
    grace: float = 0.0,
) -> dict[int, float]:
    """Take one sealed frame from each worker that connects to *listener*; return the sums.

    welcome: tells whether a connection, from an address, is a worker's.  Others are closed at
        once, so that they take no descriptors; the seal decides what counts.
    grace: see :meth:`Crew.events`.
    """
    sums: dict[int, float] = {}
    listener.setblocking(False)
    entrance = crew.listen(listener.fileno())
    connections: dict[int, socket.socket] = {}
    for ready, _ in crew.events(sums, grace):
        for fd in ready:
            if fd == entrance:
                for connection in admitted(crew, listener, welcome):
                    connections[crew.listen(connection.fileno())] = connection
                continue
            frame = crew.read(fd)
            if len(frame) >= seal.size or not crew.listens(fd):
                sums |= seal.unpack(bytes(frame))
                crew.close(connections.pop(fd))
    return sums


def admitted(
    crew: Crew, listener: socket.socket, welcome: Callable[[socket.socket, object], bool]
) -> Iterator[socket.socket]:
    for _ in range(64):  # then the ones that were admitted have their turn
        try:
            connection, address = listener.accept()
        except BlockingIOError:
            return
        except ConnectionError:  # reset before it was accepted
            continue
        crew.own(connection)
        if welcome(connection, address):
            connection.setblocking(False)
            yield connection
        else:
            crew.close(connection)


def need(module: object, name: str) -> None:
    """Raise ModuleNotFoundError if *module*, an optional import, is None."""
    if module is None:
        raise ModuleNotFoundError(f"{name} is not installed: pip install {name}", name=name)


def restart(interrupted: type[Exception], call: Callable[..., _Result], *args: object) -> _Result:
    """Return ``call(*args)``, called once more each time that a signal interrupts it.

    Unlike the standard library (PEP 475), posix_ipc and sysv_ipc raise on EINTR, their
    exception *interrupted*.  msgop(2) gives EINTR also after SIGSTOP and SIGCONT, signal(7).
    """
    while True:
        try:
            return call(*args)
        except interrupted as error:
            if not by_signal(error):
                raise


def by_signal(error: Exception) -> bool:
    """Whether *error* tells of a signal: sysv_ipc has no class of its own for that."""
    return "ignal" in str(error)


@contextlib.contextmanager
def oserror(*kinds: type[Exception], limits: str = "") -> Iterator[None]:
    """Turn exceptions of *kinds*, a library's own, into OSError.

    limits: those of the system that may be meant, to be named by any error: posix_ipc and
        sysv_ipc keep no errno, and what they say does not tell one limit from another.
    """
    more = f" (limits: {limits})" if limits else ""
    try:
        yield
    except OSError as error:
        if not limits or error.errno is not None:  # which says more than we know
            raise
        raise OSError(f"{error}{more}") from error
    except kinds as error:
        raise as_oserror(error, more) from error


def as_oserror(error: Exception, more: str = "") -> OSError:
    """Return *error*, a library's own, as an OSError, with *more* behind its text."""
    return OSError(f"{type(error).__name__}: {error}{more}")


def probe(make: Callable[[Crew], object]) -> str | None:
    """Return why the channel that *make* makes for a crew cannot be had here, or None."""
    if not hasattr(os, "fork"):
        return "this platform has no fork(2)"
    try:
        with Crew() as crew:
            make(crew)
    except (OSError, ImportError) as error:
        return f"{type(error).__name__}: {error}"
    return None


def main(run: Callable[..., float], unsupported: Callable[[], str | None]) -> NoReturn:
    """Be the program of a transport: print pi, and exit.

    Exit status: 0; 1 and a line if the transport cannot run or fails; 2 for bad arguments.
    """
    import argparse  # noqa: PLC0415 - a program's alone

    name = sys.modules["__main__"].__spec__.name  # type: ignore[union-attr]
    doc = sys.modules["__main__"].__doc__ or ""
    parser = argparse.ArgumentParser(
        prog=f"python -m {name}",
        description="Compute pi from n terms of its series in forked workers. " + doc,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "n", type=int, nargs="?", default=10_000_000, help="terms, 0 or more (default: %(default)s)"
    )
    parser.add_argument(
        "workers",
        type=int,
        nargs="?",
        default=10,
        help="processes, 1 or more (default: %(default)s)",
    )
    parser.add_argument(
        "--kernel",
        choices=kernel.KERNELS,
        default=kernel.selected,
        help="arithmetic (default: %(default)s)",
    )
    parser.add_argument("--timeout", type=float, metavar="S", help="give up after S seconds")
    options = parser.parse_args()
    try:
        kernel.slices(options.n, options.workers)
        Crew(options.timeout)
    except ValueError as error:
        parser.error(str(error))
    try:
        kernel.use(options.kernel)
        if reason := unsupported():
            parser.exit(1, f"{parser.prog}: unsupported here: {reason}\n")
        print(run(options.n, options.workers, timeout=options.timeout))
    except (WorkerError, OSError, ImportError) as error:
        parser.exit(1, f"{parser.prog}: {type(error).__name__}: {error}\n")
    except KeyboardInterrupt:
        # Die of it, so that a shell script around us stops as well.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.raise_signal(signal.SIGINT)
    sys.exit()
