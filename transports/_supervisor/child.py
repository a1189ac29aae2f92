"""One process of a run: how it starts, how its end is noticed, and who kills and reaps it.

The end of a child is noticed by a descriptor, its sentinel, which becomes readable then: a pidfd
where the system has them (pidfd_open(2), Linux 5.3), else the read end of a pipe whose write end
the child alone holds.
"""

import contextlib
import os
import signal
import traceback

# Not `threading`: it has a hook that makes each fork dearer by a fifth.
from _thread import RLock
from collections.abc import Callable
from functools import cache
from types import FrameType
from typing import NoReturn


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
        return f"{who} (pid {self.pid}) {self._end()}" + (f": {self.text}" if self.text else "")

    def _end(self) -> str:
        if self.exitcode is None:
            return "ended without a result (its exit status was not kept)"
        if self.exitcode < 0:
            try:
                name = signal.Signals(-self.exitcode).name
            except ValueError:  # a real-time signal
                name = "signal"
            return f"was killed by {name} ({-self.exitcode})"
        return f"exited with status {self.exitcode}" + " without a result" * (self.exitcode == 0)


class Child:
    """A process of the run, which exists before it is started: so it cannot be lost.

    worker: its number, or None for a guardian or a watcher.
    parent: the process that starts it.
    pid: 0 before it is started.
    sentinel: the descriptor that becomes readable at its end; -1 before it is started, or if it
        had ended, and was not kept as a zombie, before there could be one.
    reaped: whether there is nothing to wait for.
    """

    def __init__(self, worker: int | None, parent: int) -> None:
        self.worker = worker
        self.parent = parent
        self.pid = 0
        self.sentinel = -1
        self.exitcode: int | None = None
        self.reaped = True
        self.dismissed = False
        """Whether it was killed because it was no longer needed."""

    def kill(self) -> None:
        """Send it SIGKILL, unless it has been reaped."""
        if self.reaped:
            return
        with contextlib.suppress(ProcessLookupError):
            if start is _start_with_pidfd and self.sentinel >= 0:
                # Where SIGCHLD is ignored, the pid may be that of another process by now.
                signal.pidfd_send_signal(self.sentinel, signal.SIGKILL)
            else:
                os.kill(self.pid, signal.SIGKILL)

    def reap(self, options: int = 0) -> bool:
        """Wait for its end with waitpid(2); return whether it is reaped now."""
        if self.reaped:
            return True
        try:
            pid, status = os.waitpid(self.pid, options)
        except ChildProcessError:  # SIGCHLD is ignored, or somebody else has reaped it
            self.reaped = True
            return True
        if pid:
            self.exitcode = os.waitstatus_to_exitcode(status)
            self.reaped = True
        return self.reaped

    def dismiss(self) -> None:
        """Kill it, for it is no longer needed; it may be stopped, so it is not asked to exit."""
        if not self.reap(os.WNOHANG):
            self.dismissed = True
            self.kill()

    def error(self, text: str = "") -> WorkerError:
        """Return the error that tells of its end."""
        return WorkerError(self.worker, self.pid, self.exitcode, text)


# -- starting -------------------------------------------------------------------------------


def _start_with_pidfd(child: Child, body: Callable[[], None]) -> None:
    """Let *child* call *body* and exit; its sentinel is a pidfd."""
    try:
        child.pid = os.fork()
        if child.pid == 0:
            exit_after(body)
        child.reaped = False
    except BaseException:
        _stay_in_parent(child)
        raise
    try:
        child.sentinel = os.pidfd_open(child.pid)
    except ProcessLookupError:  # it has ended, and was not kept: SIGCHLD is ignored
        return


def _stay_in_parent(child: Child) -> None:
    """End this process if it is *child*: without memory for one call, it must not come back."""
    if os.getpid() != child.parent:
        os._exit(1)


# A life pipe says "dead" when its last write end is closed, so no other child may inherit it:
# only one thread at a time opens one, forks and closes its own copy of the write end.  A handler
# may do so within, in the same thread.
_life_pipe_lock = RLock()


def _renew_lock() -> None:
    """Replace the lock in a forked child, where its copy may be held by nobody who lives."""
    global _life_pipe_lock  # noqa: PLW0603 - one a process
    _life_pipe_lock = RLock()


@cache
def _renew_lock_in_children() -> None:
    os.register_at_fork(after_in_child=_renew_lock)


def _start_with_life_pipe(child: Child, body: Callable[[], None]) -> None:
    """Let *child* call *body* and exit; its sentinel is the end of a pipe."""
    _renew_lock_in_children()
    with _life_pipe_lock:
        child.sentinel, writer = os.pipe()
        try:
            child.pid = os.fork()
            if child.pid == 0:
                exit_after(body)
            child.reaped = False
        except BaseException:  # OSError; RuntimeError while the interpreter ends
            _stay_in_parent(child)
            os.close(child.sentinel)
            child.sentinel = -1
            raise
        finally:
            os.close(writer)


def _pidfds() -> bool:
    # An older kernel says ENOSYS, a sandbox may say EPERM: ask, do not guess.
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return True


start = _start_with_pidfd if _pidfds() else _start_with_life_pipe
"""Fork a child that calls a function and exits: ``start(child, body)``."""

LOOK = 0.25  # seconds between two looks, where nothing tells of an end


def look_every() -> float | None:
    """Return the seconds after which to look whether a child has ended; None if its sentinel does.

    Somebody else may have forked amid `_start_with_life_pipe`, in C or in another thread: that
    process holds the write end of the pipe for as long as it lives.
    """
    return None if start is _start_with_pidfd else LOOK


# -- inside a child -------------------------------------------------------------------------


def exit_after(body: Callable[[], None]) -> NoReturn:
    """Call *body* and end this process: no way leads back into the caller's code."""
    status = 1
    try:
        body()
        status = 0
    finally:
        os._exit(status)


def _prctl() -> Callable[..., int] | None:
    try:
        import ctypes  # noqa: PLC0415 - missing where Python was built without libffi

        function = ctypes.CDLL(None).prctl
    except (ImportError, AttributeError, OSError):
        return None
    function.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
    return function


_PRCTL = _prctl()
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def die_with_parent(parent: int, *, by_thread: bool = True, by_timer: bool = True) -> None:
    """Make this process die with *parent*, its parent.

    by_thread: by prctl(2) PR_SET_PDEATHSIG, if there is one.  It acts when the *thread* that forked
        ends: for a thread that waits for the end of this process.
    by_timer: by a timer that asks four times a second, where there is nothing better.  Being a
        signal, it ends a blocked system call too.
    """
    if by_thread and _PRCTL is not None:
        by_timer &= _PRCTL(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0
    if by_timer:

        def ask(signum: int, frame: FrameType | None) -> None:
            if os.getppid() != parent:
                os._exit(1)

        signal.signal(signal.SIGALRM, ask)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
        signal.setitimer(signal.ITIMER_REAL, LOOK, LOOK)
    if os.getppid() != parent:  # it died before this process asked for the signal
        os._exit(1)


def outlive_parent() -> None:
    """Undo `die_with_parent`."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    if _PRCTL is not None:
        _PRCTL(_PR_SET_PDEATHSIG, 0, 0, 0, 0)


def described(error: BaseException) -> bytes:
    """Return type and text of *error* in UTF-8, whatever it is.

    A lone surrogate, as in a path that is not text (os.fsdecode), becomes its escape: UTF-8 has
    no code for it.  Of an error that cannot even be formatted, the type is returned.
    """
    try:
        text = "".join(traceback.format_exception_only(error)).strip()
    except Exception:  # noqa: BLE001 - of a class whose methods raise
        text = type(error).__name__
    return text.encode(errors="backslashreplace")
