"""How a scenario meets the workers of a run: at their birth, amid their work, at calls into C.

This uses only what CPython offers to every program: os.register_at_fork at the birth of a child,
interval timers amid its work, sys.setprofile at each call into C.  It neither reads nor patches
the transport.

The functions with the parameters *log* and *number* are injections, for `Births.arm`.
"""

import atexit
import contextlib
import math
import mmap
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Any

from tests.scenarios import spawned_workers
from tests.scenarios.protocol import Injection, Log

# Seconds of CPU after which a worker is amid its work. A fresh interpreter uses some 0.1 s before
# it comes to the work, more on a slow machine.
CPU = 0.02
CPU_FRESH = 0.5

_AMID = 0.005  # seconds of CPU, for workers that are forked and rest there
_RESTS = 600.0  # seconds: something ends the worker before

PAUSE = 0.05  # seconds, enough for all workers to come as far as they can

_OPEN_MAX = 10240  # <sys/syslimits.h> of macOS: its setrlimit(2) takes no more

_TICK = 0.01  # seconds of CPU between two ticks of a worker
_SIGNAL_EVERY = 1e-3  # seconds between two signals to a process


class Births:
    """Numbers the children of this process from 1, and does an injection to each at its birth."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._forked = 0
        self._act: Callable[[int], None] | None = None
        self._aside: int | None = None  # the thread that forks a child of the caller's own
        os.register_at_fork(before=self._before, after_in_child=self._in_child)

    @property
    def count(self) -> int:
        """The number of children since the last `arm` or `disarm`, forked or not."""
        return self._forked + spawned_workers.count()

    @property
    def forked(self) -> int:
        """The number of those that were forked, and so share the memory of this process."""
        return self._forked

    def fork_aside(self) -> int:
        """Fork a child of the caller's own, which is no child of a run; return as os.fork does."""
        self._aside = threading.get_ident()  # in the child it is that of the only thread left
        try:
            return os.fork()
        finally:
            self._aside = None

    def _before(self) -> None:
        self._forked += self._aside != threading.get_ident()

    def _in_child(self) -> None:
        act, self._act = self._act, None  # the children of a worker are not met
        if act is not None and self._aside != threading.get_ident():
            act(self.count)

    def arm(self, injection: Injection, fresh: Injection | None = None) -> None:
        """From now on do *injection* to each new child.

        fresh: for children that start a fresh interpreter, if it is to differ.
        """
        log = self._log
        self.arm_forked(lambda number: injection(log, number))
        spawned_workers.arm(fresh or injection)

    def arm_forked(self, act: Callable[[int], None]) -> None:
        """From now on call *act*, with the number of the child, in each child that is forked."""
        self.disarm()
        self._act = act

    def disarm(self) -> None:
        """Count from 0 again, and do nothing to new children."""
        self._forked = 0
        self._act = None
        spawned_workers.arm(None)


class AtForks:
    """Calls a function of this process before each fork of it, in the thread that forks.

    The audit event "os.fork" comes before the system call, and os.fork raises what a hook raises
    (PEP 578).  So what happens here happens just before the fork, wherever `run` is then: a lock
    that it holds across its forks is held now.
    """

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self._process = os.getpid()
        sys.addaudithook(self)

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        """Call the function, unless a child has inherited it."""
        if event == "os.fork" and os.getpid() == self._process:
            self._act()


def die(how: str | int) -> None:
    """End this process: by a signal, or with status 0 for "exit"."""
    if how == "exit":
        os._exit(0)
    number = int(how)
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    os.kill(os.getpid(), number)


def _die_after(delay: float) -> None:
    """Let SIGALRM end this process *delay* seconds from now, wherever it is then."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    signal.setitimer(signal.ITIMER_REAL, delay)


def after_cpu(seconds: float, act: Callable[[], None]) -> None:
    """Call *act* in this process when it has computed for *seconds*."""

    def handler(signum: int, frame: FrameType | None) -> None:
        act()

    signal.signal(signal.SIGVTALRM, handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGVTALRM})
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)


def rest_amid_work(tell: Callable[[], object]) -> None:
    """Call *tell* when this process is amid its work, and let it compute no more: that is free."""

    def act() -> None:
        tell()
        time.sleep(_RESTS)

    after_cpu(_AMID, act)


@contextlib.contextmanager
def tickets(count: int) -> Iterator[int]:
    """Give a descriptor from which *count* processes can each read a byte, a ticket.

    So a fault comes to as many processes as there are tickets, whichever reads first.
    """
    read_end, write_end = os.pipe()
    os.write(write_end, b"." * count)
    os.set_blocking(read_end, False)
    yield read_end
    os.close(read_end)
    os.close(write_end)


def take_ticket(place: int | str) -> bool:
    """Read a ticket; tell whether there was one.

    place: the descriptor, or the path by which a process that has not inherited it can open it.
    """
    fd = os.open(place, os.O_RDONLY | os.O_NONBLOCK) if isinstance(place, str) else place
    try:
        return bool(os.read(fd, 1))
    except BlockingIOError:
        return False
    finally:
        if fd != place:
            os.close(fd)


def end(
    log: Log,
    number: int,
    place: int | str,
    way: str | int,
    victims: Sequence[int],
    cpu: float | None,
) -> None:
    """End this child, if it gets a ticket.

    place: of the tickets: see `take_ticket`.
    way: "exit", "raise", or the number of a signal.
    victims: the children that may be ended at birth.
    cpu: for any child amid its work, the seconds of CPU after which it is there; None for birth.
    """

    def act() -> None:
        if not take_ticket(place):
            return
        log("injected", way=way)
        if way == "raise":
            raise ZeroDivisionError("planted by the suite")
        die(way)

    if cpu is not None:
        after_cpu(cpu, act)
    elif number in victims:
        act()


def log_birth(log: Log, number: int) -> None:
    """Log the birth of this child."""
    log("born", number=number)


def rest(log: Log, number: int) -> None:
    """Log the birth of this child when it is amid its work, and let it rest there."""
    rest_amid_work(lambda: log("born", number=number))


def stop(log: Log, number: int) -> None:
    """Log the birth of this child, and stop it."""
    log("born", number=number)
    os.kill(os.getpid(), signal.SIGSTOP)


def kill_first(log: Log, number: int) -> None:
    """Kill this child if it is the first one."""
    if number == 1:
        log("injected", way=int(signal.SIGKILL))
        die(signal.SIGKILL)


def kill_after(log: Log, number: int, victim: int, delay: float) -> None:
    """Kill this child *delay* seconds after its birth, if its number is *victim*."""
    if number == victim:
        _die_after(delay)


def signal_often(log: Log, number: int) -> None:
    """Send this process a signal every millisecond, from now until it exits."""
    signal_every_millisecond(lambda signum, frame: None)
    # At its exit Python removes the handler, and then the signal would kill the process.
    atexit.register(signal.setitimer, signal.ITIMER_REAL, 0)


def signal_every_millisecond(handler: Callable[[int, FrameType | None], None]) -> None:
    """Send this process SIGALRM every millisecond, with *handler* for it."""
    signal.signal(signal.SIGALRM, handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    signal.setitimer(signal.ITIMER_REAL, _SIGNAL_EVERY, _SIGNAL_EVERY)


def log_work(log: Log, number: int) -> None:
    """Log a tick each time that this child has computed for 10 ms more."""

    def tick() -> None:
        log("tick")
        signal.setitimer(signal.ITIMER_VIRTUAL, _TICK)

    after_cpu(_TICK, tick)


def lift_limits() -> None:
    """Raise the soft limits on descriptors and processes, for runs with hundreds of workers."""
    for name, most in (
        (resource.RLIMIT_NOFILE, _OPEN_MAX),
        (resource.RLIMIT_NPROC, resource.RLIM_INFINITY),
    ):
        soft, hard = resource.getrlimit(name)
        asked = min((most, hard), key=_size)
        if _size(asked) > _size(soft):
            with contextlib.suppress(OSError, ValueError):  # the kernel itself allows less
                resource.setrlimit(name, (asked, hard))


def _size(limit: int) -> float:
    return math.inf if limit == resource.RLIM_INFINITY else limit


# Names of functions in which a worker sends, takes a lock, gives it back, or exits.
SEND = {
    "write", "writev", "pwrite", "send", "sendall", "sendmsg", "sendto", "send_bytes", "put",
    "msgsnd", "dump",
}  # fmt: skip
LOCK = {"acquire", "__enter__", "lockf", "flock", "semop", "P"}
UNLOCK = {"release", "__exit__", "lockf", "flock", "semop", "V"}
EXIT = {"_exit", "exit"}


class Profile:
    """Records the calls that a child makes into C, or kills it at a chosen one.

    sys.setprofile reports "c_call" before and "c_return" after each such call.  Each report is a
    point, so there is a point between any two system calls.  Calls of acquire and release are
    points too if they are Python functions around ctypes.  The child writes the names of its
    points to memory that the caller shares.
    """

    _WIDTH = 24  # bytes for each point
    _MOST = 4000  # points

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, self._WIDTH * self._MOST)

    def watch(
        self, point: int = 0, delay: float = -1.0, first: Callable[[], bool] | None = None
    ) -> None:
        """In the child: record each point, or die at the one given.

        point: the number of the point at which the child dies, from 1; 0 to record all.
        delay: seconds from the point to the death; negative for a death at the point itself.
        first: called at the point; if it returns true, the child waits for PAUSE and dies, else it
            goes on.
        """
        seen = 0

        def profile(frame: FrameType, event: str, arg: Any) -> None:
            nonlocal seen
            if event.startswith("c_"):
                name = f"{event[2]} {getattr(arg, '__name__', '?')}"
            elif frame.f_code.co_name in ("acquire", "release"):
                name = f"{event[0]} {frame.f_code.co_name}"
            else:
                return
            seen += 1
            if not point and seen <= self._MOST:
                cell = name.encode()[: self._WIDTH]
                start = (seen - 1) * self._WIDTH
                self._memory[start : start + self._WIDTH] = cell.ljust(self._WIDTH)
            if seen == point:
                if first is not None:
                    if not first():
                        return
                    time.sleep(PAUSE)
                if delay < 0:
                    die(signal.SIGKILL)
                _die_after(delay)

        sys.setprofile(profile)

    def points(self) -> list[tuple[str, str]]:
        """In the caller: return ('c' for call or 'r' for return, name) of each recorded point."""
        cells = self._memory[:].rstrip(b"\0")
        width = self._WIDTH
        names = [cells[i : i + width].decode().split() for i in range(0, len(cells), width)]
        self._memory[:] = bytes(len(self._memory))
        return [(event, name) for event, name in names]
