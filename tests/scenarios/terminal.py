"""A scenario in which a caller and its workers are the foreground job of a terminal.

A terminal sends a signal to the whole process group in its foreground, POSIX XBD 11.1.9, so each
worker gets it too.  The scenario is the shell of that terminal: its process leads the session.
"""

import contextlib
import fcntl
import gc
import os
import random
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any, NoReturn

from tests.scenarios.callers import leave
from tests.scenarios.fork_server import await_bytes, lost_by_python
from tests.scenarios.injection import Births, Inherited, after_cpu
from tests.scenarios.protocol import Log
from tests.system import processes, resources
from tests.system.deadline import Deadline

# Typed keys of the terminal; the other signals are sent to the group as a shell or a supervisor
# does, and SIGWINCH by another size of the window.
_KEYS = {"SIGINT": termios.VINTR, "SIGQUIT": termios.VQUIT, "SIGTSTP": termios.VSUSP}
_SIGNALS = (*_KEYS, "SIGHUP", "SIGTERM", "SIGWINCH")
_LIVES = ("SIGTSTP", "SIGWINCH")  # after these a run goes on

_LOCAL_FLAGS = 3  # in the list of termios.tcgetattr
_CONTROL_CHARACTERS = 6

_WORKERS = 2
_SHORT = 100  # terms of a run that is struck at a random moment
_UNTIL_RUNS = 1.2  # times as long as a run takes: the latest random moment
_AMID = 0.001  # seconds of CPU: at the next tick of the system a worker computes
_ENDS_IN = 5.0  # seconds: of a caller, after its signal
_PATIENCE = 2.0  # seconds that a worker may outlive its caller: clause B3
_PAUSE = 0.001  # seconds between two looks
_ENOUGH = 2  # callers without an end, after which no more signals are sent
_MOST_TEXT = 1000  # characters of what was printed


@contextlib.contextmanager
def _from_the_background() -> Iterator[None]:
    """Let this process change its terminal, which stops one that does not block SIGTTOU."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


class _Terminal:
    """The controlling terminal of this process, or where there is none to be had, a pipe."""

    def __init__(self) -> None:
        self.real = True
        try:
            self._ours, self.theirs = os.openpty()
            self._settle()
        except OSError:  # no pty, or this process does not lead a session
            self.real = False
            self._ours, self.theirs = os.pipe()
        os.set_blocking(self._ours, False)

    def _settle(self) -> None:
        modes = termios.tcgetattr(self.theirs)
        modes[_LOCAL_FLAGS] &= ~termios.ECHO  # "^C" is not printed
        modes[_LOCAL_FLAGS] |= termios.ISIG | termios.NOFLSH  # nor is anything lost at a signal
        termios.tcsetattr(self.theirs, termios.TCSANOW, modes)
        self._keys = modes[_CONTROL_CHARACTERS]
        fcntl.ioctl(self.theirs, termios.TIOCSCTTY, 0)

    def foreground(self, group: int) -> None:
        """Put the process group *group* into the foreground."""
        if self.real:
            with _from_the_background():
                os.tcsetpgrp(self.theirs, group)

    def send(self, name: str, group: int) -> None:
        """Send the signal *name* to *group*, which is in the foreground."""
        if self.real and name in _KEYS:
            self._type(self._keys[_KEYS[name]])
        elif self.real and name == "SIGWINCH":
            rows, columns = random.randint(10, 99), random.randint(10, 99)
            fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        else:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.Signals[name])

    def _type(self, key: bytes) -> None:
        """Type *key* and a line; return when the line is there: the key has had its effect."""
        os.write(self._ours, key + b"\n")
        poller = select.poll()
        poller.register(self.theirs, select.POLLIN)
        poller.poll(_ENDS_IN * 1000)
        with _from_the_background():
            termios.tcflush(self.theirs, termios.TCIFLUSH)

    def printed(self) -> str:
        """Return what was printed since the last call."""
        text = b""
        with contextlib.suppress(BlockingIOError, OSError):
            while more := os.read(self._ours, 65536):
                text += more
        return text.decode(errors="replace")

    def enter(self) -> None:
        """In a process of the job: make it the standard streams."""
        for fd in (0, 1, 2):
            os.dup2(self.theirs, fd)
        for fd in (self._ours, self.theirs):
            os.close(fd)


def struck(module: ModuleType, log: Log, n: int, times: int, seed: int) -> None:
    """Send each signal amid the work of a run, and *times* signals at random moments.

    n: terms of a run whose workers compute for some milliseconds.
    """
    births = Births(log)
    module.run(_SHORT, _WORKERS)
    if not births.forked:
        log("unmet", why="a fork of its caller cannot make a run: its workers are not forked")
        return
    met = min(_WORKERS, births.forked)  # fewer, where a helper forks the workers
    start = time.monotonic()
    module.run(_SHORT, _WORKERS)
    usual = time.monotonic() - start
    random.seed(seed)
    terminal = _Terminal()
    endless = 0
    for name, delay in _strikes(usual, times):
        terms = n if delay is None else _SHORT
        endless += not _strike(module, log, births, terminal, name, delay, terms, met)
        if endless == _ENOUGH:  # each takes long
            break


def _strikes(usual: float, times: int) -> Iterator[tuple[str, float | None]]:
    """Yield names of signals and moments: seconds after the start of a run, None: amid its work."""
    for name in _SIGNALS:
        yield name, None
    for number in range(times):
        yield _SIGNALS[number % len(_SIGNALS)], random.uniform(0.0, _UNTIL_RUNS * usual)


def _strike(
    module: ModuleType,
    log: Log,
    births: Births,
    terminal: _Terminal,
    name: str,
    delay: float | None,
    n: int,
    met: int,
) -> bool:
    """Send one signal, and log what came of it; tell whether the caller has ended.

    met: how many children of the caller tell when they are amid their work.
    """
    where = "amid the work" if delay is None else f"after {delay * 1e3:.2f} ms"
    case = f"{name} {where}"
    (gate, opener), (told, teller) = os.pipe(), os.pipe()
    caller = os.fork()
    if caller == 0:
        for fd in (opener, told):
            os.close(fd)
        terminal.enter()
        os.setpgid(0, 0)
        os.read(gate, 1)  # until it is in the foreground
        _job(module, log.again(), births, case, n, gate, teller, amid=delay is None)
    for fd in (gate, teller):
        os.close(fd)
    with contextlib.suppress(OSError):  # it has done so itself
        os.setpgid(caller, caller)
    terminal.foreground(caller)
    os.write(opener, b".")
    amid = await_bytes(told, met if delay is None else 1) and delay is None
    time.sleep(delay or 0.0)
    terminal.send(name, caller)
    stopped = name == "SIGTSTP" and _ended(caller, terminal, os.WUNTRACED)[1]
    if stopped:
        terminal.send("SIGCONT", caller)
    if name in _LIVES:
        os.close(opener)  # the workers go on
    if name == "SIGTSTP" and not stopped and _ended(caller, terminal, os.WUNTRACED)[1]:
        terminal.send("SIGCONT", caller)  # the signal was blocked, and came at the end of the run
    text, _, status = _ended(caller, terminal)
    left = _left(caller)
    if name not in _LIVES:
        os.close(opener)
    os.close(told)
    log(
        "struck",
        case=case,
        signal=name,
        typed=terminal.real,
        amid=amid,
        status=status,
        stopped=stopped,
        left=left,
        text=(text + terminal.printed())[:_MOST_TEXT],
    )
    return status is not None


def _ended(caller: int, terminal: _Terminal, options: int = 0) -> tuple[str, bool, int | None]:
    """Wait until *caller* ends, or stops with os.WUNTRACED; kill it if it does neither.

    Return what was printed, whether it was stopped, and its exit code; None if it was killed here.
    A caller that has ended is left as a zombie by a look for a stop.
    """
    deadline = Deadline(_ENDS_IN)
    text = ""
    flags = os.WEXITED | os.WNOHANG | os.WNOWAIT | (os.WSTOPPED if options else 0)
    while not deadline.is_over():
        text += terminal.printed()
        seen = os.waitid(os.P_PID, caller, flags)
        if seen is not None and seen.si_code == os.CLD_STOPPED:
            return text, True, None
        if seen is not None:
            return text, False, None if options else _reap(caller)
        time.sleep(_PAUSE)
    if not options:
        os.kill(caller, signal.SIGKILL)
        _reap(caller)
    return text, False, None


def _reap(caller: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(caller, 0)[1])


def _left(caller: int) -> list[int]:
    """Return the processes of the job that live on, and kill them."""
    own = {os.getpid(), caller}
    deadline = Deadline(_PATIENCE)
    while True:
        found = [
            seen.pid
            for seen in processes.of_session(os.getpid())
            if seen.pid not in own and seen.state not in processes.ENDED
        ]
        if not found or deadline.is_over():
            break
        time.sleep(_PAUSE)
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return found


def _job(
    module: ModuleType,
    log: Log,
    births: Births,
    case: str,
    n: int,
    gate: int,
    teller: int,
    *,
    amid: bool,
) -> NoReturn:
    """Run once, in the process that leads the job; log what came of it."""
    sys.unraisablehook = lost_by_python(log)

    told, until = Inherited(teller), Inherited(gate)

    def rest() -> None:
        told.tell()
        until.hear()  # until its other end is closed

    more: dict[str, Any] = {"case": case}
    try:
        before = resources.of_this_process()
        if amid:
            births.arm_forked(lambda number: after_cpu(_AMID, rest))
        try:
            if not amid:
                os.write(teller, b".")
            log.call(module.run, n, _WORKERS, **more)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        except KeyboardInterrupt:  # just before `run`, or after it
            log("interrupted")
        births.disarm()
        gc.collect()
        log("inside", new=resources.added_since(before))
    except BaseException as error:  # noqa: BLE001 - it must not get into the code of the scenario
        log("failed", case=case, error=repr(error))
    finally:
        leave()
