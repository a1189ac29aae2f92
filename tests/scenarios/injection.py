"""How a scenario meets the workers of a run: at their birth, amid their work, at calls into C.

This uses only what CPython offers to every program, os.register_at_fork at the birth of a child,
and what the system offers: timers amid its work.  It neither reads nor patches the transport.
`watching` meets workers from outside, wherever that is possible, and `profiles` at calls into C.

What is left in a worker here does not change what it does: the signal INSIDE is ignored by a worker
that has reset it, and lost by one that blocks it.

The functions with the parameters *log* and *number* are injections, for `Births.arm`.
"""

import contextlib
import errno
import math
import os
import resource
import signal
import sys
import time
from _thread import get_ident
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Any

from tests.scenarios import spawned_workers, timers
from tests.scenarios.protocol import Injection, Log
from tests.scenarios.watching import INSIDE

CPU = 0.02  # seconds of CPU after which a worker is amid its work

AMID = 0.005  # seconds of CPU, for workers that are forked and rest there
_RESTS = 600.0  # seconds: something ends the worker before
_SIGNAL_EVERY = 1e-3  # seconds between two signals to a process

_OPEN_MAX = 10240  # <sys/syslimits.h> of macOS: its setrlimit(2) takes no more


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
        self._aside = get_ident()  # in the child it is that of the only thread left
        try:
            return os.fork()
        finally:
            self._aside = None

    def _before(self) -> None:
        self._forked += self._aside != get_ident()

    def _in_child(self) -> None:
        act, self._act = self._act, None  # the children of a worker are not met
        if act is not None and self._aside != get_ident():
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


def die_after(delay: float) -> None:
    """Let this process be killed *delay* seconds from now, wherever it is then."""
    if timers.start(time.CLOCK_MONOTONIC, signal.SIGKILL, delay):
        return
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    signal.setitimer(signal.ITIMER_REAL, delay)


def after_cpu(seconds: float, act: Callable[[], None]) -> None:
    """Call *act* in this process when it has computed for *seconds*, if it still hears INSIDE."""
    _at_signal(INSIDE, act)
    if not timers.start(time.CLOCK_PROCESS_CPUTIME_ID, INSIDE, seconds):
        _at_signal(signal.SIGVTALRM, act)
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)


def _at_signal(number: int, act: Callable[[], None]) -> None:
    def handler(signum: int, frame: FrameType | None) -> None:
        act()

    signal.signal(number, handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})


def rest_amid_work(tell: Callable[[], object]) -> None:
    """Call *tell* when this process is amid its work, and let it compute no more: that is free."""

    def act() -> None:
        tell()
        time.sleep(_RESTS)

    after_cpu(AMID, act)


class Inherited:
    """A pipe of this process, for workers that may have closed what they have inherited.

    Such a worker may have another file at that number.
    """

    def __init__(self, fd: int) -> None:
        self._fd, self._own = fd, os.fstat(fd)
        self._place = spawned_workers.path_of(fd)

    @contextlib.contextmanager
    def opened(self, flags: int) -> Iterator[int]:
        """Give a descriptor of it in this process, opened anew with *flags*; an OSError if not."""
        if not os.path.exists("/proc/self/fd"):
            yield self._fd
            return
        fd = os.open(self._place, flags | os.O_CLOEXEC)
        try:
            # A worker that has outlived its run may find the pipe of a later run there.
            if not os.path.samestat(os.fstat(fd), self._own):
                raise OSError(errno.EBADF, "another file is there now")
            yield fd
        finally:
            os.close(fd)

    def tell(self) -> None:
        """Write a byte into it, if it is there."""
        with contextlib.suppress(OSError), self.opened(os.O_WRONLY | os.O_NONBLOCK) as fd:
            os.write(fd, b".")

    def hear(self) -> None:
        """Read a byte of it, or wait for its end, if it is there."""
        with contextlib.suppress(OSError), self.opened(os.O_RDONLY) as fd:
            os.read(fd, 1)


@contextlib.contextmanager
def tickets(count: int) -> Iterator[Callable[[], bool]]:
    """Give a function that a worker calls for one of *count* tickets; it tells if there was one.

    So a fault comes to as many processes as there are tickets, whichever asks first.
    """
    read_end, write_end = os.pipe()
    os.write(write_end, b"." * count)
    os.set_blocking(read_end, False)
    ours = Inherited(read_end)

    def take() -> bool:
        # An error: none is left, or the worker may not open it.
        with contextlib.suppress(OSError), ours.opened(os.O_RDONLY | os.O_NONBLOCK) as fd:
            return bool(os.read(fd, 1))
        return False

    yield take
    os.close(read_end)
    os.close(write_end)


def end(log: Log, number: int, way: str | int, victims: Sequence[int]) -> None:
    """End this child at its birth, if it is one of *victims*.

    way: "exit", "raise", or the number of a signal.
    """
    if number in victims:
        end_now(log, way)


def end_now(log: Log, way: str | int) -> None:
    """End this process in *way*, and log that."""
    log("injected", way=way)
    if way == "raise":
        raise ZeroDivisionError("planted by the suite")
    die(way)


def hear(log: Log, number: int, way: str) -> None:
    """Let this child end in *way* when INSIDE comes."""
    _at_signal(INSIDE, lambda: end_now(log, way))


def catch(log: Log, number: int) -> None:
    """Let this child have a handler for INSIDE, which does nothing."""
    _at_signal(INSIDE, lambda: None)


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
        die_after(delay)


def signal_every_millisecond(handler: Callable[[int, FrameType | None], None]) -> None:
    """Send this process SIGALRM every millisecond, with *handler* for it."""
    signal.signal(signal.SIGALRM, handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    signal.setitimer(signal.ITIMER_REAL, _SIGNAL_EVERY, _SIGNAL_EVERY)


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
