"""Cases of the contract of `run` and `channel`, each done by a process of its own.

A case is a function that takes the module of a transport.  Its docstring says what is due.  It
returns if that is what happened; else it raises, with what happened instead.  The program that
does cases is `tests.unit.cases.__main__`; `tests.unit.stage` starts it.
"""

import contextlib
import itertools
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from types import FrameType
from typing import Any, TypeVar

from tests.system import processes

Case = Callable[[Any], None]
Handler = Callable[[int, FrameType | None], Any]

_Raised = TypeVar("_Raised", bound=BaseException)

PI = math.sqrt(8 * math.fsum(1 / (2 * k + 1) ** 2 for k in range(100)))
"""What `run` returns for 100 terms."""

APART = "IPC_CONFORMANCE_APART"  # environment variable: there is an IPC namespace of its own
SKIP = "SKIP: "  # before the reason of NotHere, as the verdict on a case
LIMIT = 10.0  # seconds until something that takes a moment counts as a hang
_PAUSE = 0.001  # seconds between two looks
_LOOKS = 3  # at a process, which finds it asleep each time


KINDS = ("pipe", "unix", "fifo", "shm")
"""One transport of each kind: streams, of pipes and of sockets; packets, where the caller sleeps on
a descriptor and where there is none.  The code of transports/_channel differs among these alone."""

WITH_A_NAME_AND_WITHOUT = ("pipe", "fifo")
"""For the supervisor differs in this alone: whether there is a guardian, which removes a name."""


class Cases(dict[str, Case]):
    """The cases of a module, by name.

    over: transports over which they are done by default; none stands for all.
    """

    def __init__(self, over: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.over = over

    def __call__(self, function: Case) -> Case:
        """Add *function*, by its name."""
        self[function.__name__] = function
        return function

    def each(self, **options: list[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
        """Add a function once for each combination of *options*, which it takes by keyword."""

        def add(function: Callable[..., None]) -> Callable[..., None]:
            for values in itertools.product(*options.values()):
                given = dict(zip(options, values, strict=True))
                text = ",".join(f"{name}={value}" for name, value in given.items())
                self[f"{function.__name__}[{text}]"] = partial(function, **given)
            return function

        return add


def find(module: Any, name: str) -> Case:
    """Return the case *name* of a module: of any of its Cases."""
    return next(
        found[name] for found in vars(module).values() if isinstance(found, Cases) and name in found
    )


def due_of(case: Case) -> str:
    """Return what is due in a case: its docstring."""
    function = case.func if isinstance(case, partial) else case
    return " ".join((function.__doc__ or "").split())


class NotHere(Exception):  # noqa: N818 - a reason to skip a test, no error
    """A case cannot be done on this system, or by this user."""


class Tick(Exception):  # noqa: N818 - no error: it is what a handler raises here
    """What the handlers of these cases raise."""


# -- exceptions -----------------------------------------------------------------------------


def raised(
    kind: type[_Raised] | tuple[type[_Raised], ...],
    what: str,
    call: Callable[..., Any],
    *args: Any,
) -> _Raised:
    """Return the exception of *kind* that a call raises; fail if it returns or raises another."""
    kinds = kind if isinstance(kind, tuple) else (kind,)
    names = " or ".join(k.__name__ for k in kinds)
    try:
        result = call(*args)
    except kinds as error:
        return error
    except BaseException as error:
        raise AssertionError(f"{what}: {names} was due, but {error!r} was raised") from error
    raise AssertionError(f"{what}: {names} was due, but it returned {short(result)}")


def short(thing: object) -> str:
    """Return the repr of something, and no more than fits a line."""
    text = repr(thing)
    return text if len(text) < 100 else f"{text[:60]} ... {text[-30:]}"


def stays_broken(messages: Any, cause: BaseException, duplex: bool) -> None:
    """Check that each further use of a broken channel raises RuntimeError with its cause."""
    uses: dict[str, Callable[[], Any]] = {"iteration": lambda: next(iter(messages))}
    if duplex:
        uses["send"] = lambda: messages.send(0, b"more")
    for what, use in [*uses.items(), *uses.items()]:
        error = raised(RuntimeError, f"{what} after {cause!r}", use)
        assert error.__cause__ is cause, (
            f"{what} after {cause!r}: its RuntimeError has the __cause__ {error.__cause__!r}"
        )


# -- messages -------------------------------------------------------------------------------


def collected(messages: Any) -> dict[int, list[bytes]]:
    """Return all messages that come, by worker."""
    found: dict[int, list[bytes]] = {}
    for worker, message in messages:
        found.setdefault(worker, []).append(bytes(message))
    return found


def everything(module: Any, work: Callable[[Any], None]) -> list[tuple[int, bytes]]:
    """Open a channel with one worker, and return all that comes."""
    with module.channel(work, 1) as messages:
        return list(messages)


def echo(link: Any) -> None:
    """Be a worker that sends back each message, the last of which is b"end"."""
    while True:
        message = link.receive()
        link.send(message)
        if message == b"end":
            return


def is_whole(messages: Any, workers: int) -> None:
    """Check that `echo` in each worker still sends back what it gets; then end them."""
    texts = [b"first", b"x" * 100_000, b"end"]
    for text in texts:
        for worker in range(workers):
            messages.send(worker, text)
    found = collected(messages)
    for worker in range(workers):
        came = found.get(worker, [])
        assert came == texts, f"worker {worker} sent back {short(came)}"


# -- processes ------------------------------------------------------------------------------


def until(what: str, condition: Callable[[], Any], limit: float = LIMIT) -> None:
    """Wait until *condition* holds; fail if it does not come to hold."""
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, f"within {limit} s it did not come to this: {what}"
        time.sleep(_PAUSE)


def falls_asleep(pid: int) -> None:
    """Wait until a process sleeps in a system call, as far as can be seen."""
    if processes.stat(os.getpid()) is None:  # no /proc
        time.sleep(0.2)
        return
    looks, end = 0, time.monotonic() + LIMIT
    while looks < _LOOKS:
        assert time.monotonic() < end, f"process {pid} does not wait, but runs for {LIMIT} s"
        looks = looks + 1 if processes.state(pid) == "S" else 0
        time.sleep(_PAUSE)


def has_ended(pid: int) -> bool:
    """Tell whether a process has ended, be it reaped or not."""
    if processes.stat(os.getpid()) is not None:
        return processes.state(pid) in processes.ENDED
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@contextlib.contextmanager
def forked(body: Callable[[], None]) -> Iterator[int]:
    """Fork a child that calls *body*; on leaving, kill it if it lives, and reap it."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            body()
            status = 0
        finally:
            os._exit(status)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)  # it is not reaped yet, so the pid is its
        os.waitpid(pid, 0)


class Snapshot:
    """What this process has and may not keep: a quick look, for cases that look often."""

    def __init__(self) -> None:
        self._descriptors = os.listdir("/dev/fd")
        self._children = _children()
        self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        self._threads = threading.active_count()

    def difference(self) -> str:
        """Return what is different now, or ""."""
        now, found = Snapshot(), []
        fds = set(now._descriptors) ^ set(self._descriptors)
        if fds:
            found.append(f"descriptors {' '.join(sorted(fds))} ({_opened(fds)})")
        if now._children != self._children:
            found.append(f"children {sorted(set(now._children) ^ set(self._children))}")
        if now._mask != self._mask:
            found.append(f"the signal mask {set(now._mask)}")
        if now._threads != self._threads:
            found.append(f"{now._threads} threads")
        return ", ".join(found)

    def restore(self) -> None:
        """Close what is new, end the children that are, and set the mask."""
        for pid in set(_children()) - set(self._children):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        for name in set(os.listdir("/dev/fd")) - set(self._descriptors):
            with contextlib.suppress(OSError):
                os.close(int(name))
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)


def _opened(fds: set[str]) -> str:
    found = []
    for fd in sorted(fds):
        with contextlib.suppress(OSError):
            found.append(os.readlink(f"/dev/fd/{fd}"))
    return ", ".join(found)


def _children() -> list[int]:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            return [int(pid) for pid in file.read().split()]
    except OSError:
        return processes.children(os.getpid())


class Gate:
    """A pipe on which processes wait for each other."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()

    def open(self, count: int = 1) -> None:
        """Let *count* processes through."""
        os.write(self.writer, b"." * count)

    def wait(self) -> None:
        """Wait to be let through."""
        assert os.read(self.reader, 1), "a gate was closed"

    def tell(self, number: int) -> None:
        """Write a number, such as a pid."""
        os.write(self.writer, b"%10d" % number)

    def hear(self) -> int:
        """Return the next number that was told."""
        return int(os.read(self.reader, 10))


@contextlib.contextmanager
def gates(count: int) -> Iterator[list[Gate]]:
    """Give so many gates, and close them at the end."""
    made = [Gate() for _ in range(count)]
    try:
        yield made
    finally:
        for gate in made:
            os.close(gate.reader)
            os.close(gate.writer)


# -- signals --------------------------------------------------------------------------------


@contextlib.contextmanager
def handled(number: int, handler: Handler) -> Iterator[None]:
    """Set the handler of a signal; on leaving, check that it is still there, and take it away."""
    before = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        now = signal.signal(number, before)
    assert now is handler, f"the handler of signal {number} has become {now!r}"
