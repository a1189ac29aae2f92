"""What is done to the channel of a transport, inside the interpreter that it has for itself.

What workers send is drawn from a hash of who sends it and when, so that each side knows what
the other has to say, to the last byte.
"""

import contextlib
import gc
import hashlib
import mmap
import os
import select
import signal
import time
from collections.abc import Callable, Sequence
from types import FrameType, ModuleType
from typing import Any

from tests.scenarios import Log
from tests.scenarios.faults import Births
from tests.system import resources

MIB = 1 << 20
SIZES = (0, 1, 8, select.PIPE_BUF - 1, select.PIPE_BUF, select.PIPE_BUF + 1, (64 << 10) + 1, MIB)


def content(worker: int, number: int, size: int) -> bytes:
    """Return what message *number* of *worker* has to be."""
    return hashlib.shake_128(f"{worker} {number}".encode()).digest(size)


def carried(module: ModuleType, log: Log, cases: Sequence[str]) -> None:
    """Put the channel through each of *cases*, functions below; tell of each how it went."""
    with module.channel(lambda link: None, 1) as channel:
        list(channel)
    before = resources.of_this_process()
    for case in cases:
        start = time.monotonic()
        try:
            why = globals()[f"case_{case}"](module, log)
        except Exception as error:  # noqa: BLE001 - it is the verdict
            why = f"{type(error).__name__}: {error}"
        log("case", case=case, why=why, seconds=time.monotonic() - start)
    gc.collect()
    log("inside", new=resources.added(before, resources.of_this_process()))


def _compare(channel: Any, expected: dict[int, list[int]]) -> str | None:
    """Return what is wrong with the messages: by worker, the sizes that are due in order."""
    seen = dict.fromkeys(expected, 0)
    for worker, message in channel:
        number = seen[worker]
        seen[worker] += 1
        if number >= len(expected[worker]):
            return f"worker {worker} sent {len(expected[worker])} messages, and one more came"
        size = expected[worker][number]
        if bytes(message) != content(worker, number, size):
            return f"message {number} of worker {worker}, {size} bytes: {len(message)} came"
    short = {w: n for w, n in seen.items() if n != len(expected[w])}
    return f"messages that came: {short}" if short else None


def case_sizes(module: ModuleType, log: Log) -> str | None:
    """Each size twice from each of three workers, in another order each."""
    sizes = {w: [*SIZES[w:], *SIZES[:w], *SIZES] for w in range(3)}

    def work(link: Any) -> None:
        for number, size in enumerate(sizes[link.worker]):
            link.send(content(link.worker, number, size))

    with module.channel(work, 3) as channel:
        return _compare(channel, sizes)


def case_kinds(module: ModuleType, log: Log) -> str | None:
    """bytes, bytearray and memoryview are all taken; what is none is refused."""
    sizes = [9, 9, 9, 70000, 70000]

    def work(link: Any) -> None:
        kinds: list[Callable[[bytes], Any]] = [bytes, bytearray, memoryview]
        for number, size in enumerate(sizes):
            link.send(kinds[number % 3](content(0, number, size)))
        for wrong in ("text", 5, None):
            try:
                link.send(wrong)
            except TypeError:
                continue
            raise AssertionError(f"{wrong!r} was sent")

    with module.channel(work, 1) as channel:
        return _compare(channel, {0: sizes})


def case_round_trip(module: ModuleType, log: Log) -> str | None:
    """Each size to each of two workers and back."""

    def work(link: Any) -> None:
        for _ in SIZES:
            link.send(link.receive())

    with module.channel(work, 2, duplex=True) as channel:
        messages = iter(channel)
        for number, size in enumerate(SIZES):
            for worker in range(2):
                channel.send(worker, content(worker, number, size))
            got = dict(next(messages) for _ in range(2))
            if {w: bytes(m) for w, m in got.items()} != {
                w: content(w, number, size) for w in range(2)
            }:
                return f"{size} bytes to and fro: {[(w, len(m)) for w, m in got.items()]} came"
        return _compare(messages, {0: [], 1: []})


def case_more_than_it_holds(module: ModuleType, log: Log) -> str | None:
    """Thousands of messages wait in their workers until the caller takes them."""
    sizes = {w: [100] * 2000 for w in range(3)}

    def work(link: Any) -> None:
        for number, size in enumerate(sizes[link.worker]):
            link.send(content(link.worker, number, size))

    with module.channel(work, 3) as channel:
        time.sleep(0.1)
        return _compare(channel, sizes)


_FEW = 20_000  # messages, more than most channels hold; a TCP connection may hold more of them
_STILL = 0.2  # seconds without another message sent, after which a channel is taken for full


def _capacity(module: ModuleType, size: int) -> int:
    """Return how many messages of *size* bytes a worker can send before it has to wait."""
    sent = mmap.mmap(-1, 8)

    def work(link: Any) -> None:
        for number in range(_FEW):
            link.send(bytes(size))
            sent[:] = (number + 1).to_bytes(8, "little")
        link.send(bytes(size))

    def count() -> int:
        return int.from_bytes(sent[:], "little")

    with module.channel(work, 1):
        seen, until = -1, time.monotonic() + 10
        while seen != count() and time.monotonic() < until:
            seen = count()
            time.sleep(_STILL)
    return count()


def case_as_many_as_it_holds(module: ModuleType, log: Log) -> str | None:
    """Let a worker send almost all that the channel holds, and exit before the first is taken.

    Messages of one byte and of none are the most that a channel can hold.
    """
    for size in (1, 0):
        count = _capacity(module, size)
        count -= max(1, min(32, count // 8))  # that the worker has ended takes room as well
        pid = mmap.mmap(-1, 8)

        def work(link: Any, size: int = size, count: int = count, pid: Any = pid) -> None:
            pid[:] = os.getpid().to_bytes(8, "little")
            for number in range(count):
                link.send(content(0, number, size))

        with module.channel(work, 1) as channel:
            while not (worker := int.from_bytes(pid[:], "little")):
                time.sleep(0.001)
            with contextlib.suppress(ChildProcessError):  # reaped already
                os.waitid(os.P_PID, worker, os.WEXITED | os.WNOWAIT)
            if (why := _compare(channel, {0: [size] * count})) is not None:
                return f"{count} messages of {size} bytes: {why}"
    return None


def case_many_small(module: ModuleType, log: Log) -> str | None:
    """Thousands of messages of one byte and of none are taken while they come."""
    sizes = {w: [1, 0] * 3333 for w in range(3)}

    def work(link: Any) -> None:
        for number, size in enumerate(sizes[link.worker]):
            link.send(content(link.worker, number, size))

    with module.channel(work, 3) as channel:
        return _compare(channel, sizes)


def case_short_lives(module: ModuleType, log: Log) -> str | None:
    """Workers that send a few messages and are gone, while the caller takes them."""
    sizes = {w: [10] * 3 for w in range(2)}

    def work(link: Any) -> None:
        for number, size in enumerate(sizes[link.worker]):
            link.send(content(link.worker, number, size))

    for _ in range(20):
        with module.channel(work, 2) as channel:
            if (why := _compare(channel, sizes)) is not None:
                return why
    return None


def case_stopped_caller(module: ModuleType, log: Log) -> str | None:
    """Stop the caller twice, each time while some workers begin, send and exit."""
    sizes = {w: [10] for w in range(6)}

    def work(link: Any) -> None:
        link.send(content(link.worker, 0, 10))

    births = Births()
    caller, begun = os.getpid(), time.monotonic()

    def stop_twice() -> None:
        for at, number in ((0.06, "STOP"), (0.2, "CONT"), (0.71, "STOP"), (0.85, "CONT")):
            time.sleep(max(0.0, begun + at - time.monotonic()))
            os.kill(caller, signal.Signals[f"SIG{number}"])

    stopper = os.fork()
    if stopper == 0:
        try:
            stop_twice()
        finally:
            os._exit(0)
    births.arm(lambda number: time.sleep(0.1 if number <= 3 else 0.75))
    try:
        with module.channel(work, 6) as channel:
            return _compare(channel, sizes)
    finally:
        births.arm(None)
        os.waitpid(stopper, 0)


def case_both_at_once(module: ModuleType, log: Log) -> str | None:
    """Caller and worker both send more than the channel holds before they receive."""
    sizes = [MIB // 2] * 3

    def work(link: Any) -> None:
        for number, size in enumerate(sizes):
            link.send(content(0, number, size))
        for number, size in enumerate(sizes):
            if bytes(link.receive()) != content(1, number, size):
                raise AssertionError(f"message {number} to the worker")

    with module.channel(work, 1, duplex=True) as channel:
        for number, size in enumerate(sizes):
            channel.send(0, content(1, number, size))
        return _compare(channel, {0: sizes})


def case_answers_to_many(module: ModuleType, log: Log) -> str | None:
    """Answer each of many messages at once by more than a reply's channel holds."""
    sizes = {w: [50] * 300 for w in range(2)}

    def work(link: Any) -> None:
        for number, size in enumerate(sizes[link.worker]):
            link.send(content(link.worker, number, size))
        for number in range(len(sizes[link.worker])):
            if bytes(link.receive()) != content(link.worker, number, 5000):
                raise AssertionError(f"answer {number}")

    seen = dict.fromkeys(sizes, 0)
    with module.channel(work, 2, duplex=True) as channel:
        for worker, message in channel:
            number = seen[worker]
            seen[worker] += 1
            if bytes(message) != content(worker, number, 50):
                return f"message {number} of worker {worker}"
            channel.send(worker, content(worker, number, 5000))
    return None if seen == {0: 300, 1: 300} else f"{seen} came"


def case_one_direction(module: ModuleType, log: Log) -> str | None:
    """Without duplex there is no way back, on either side, and it is said."""
    with module.channel(lambda link: time.sleep(9), 1) as channel:
        try:
            channel.send(0, b"")
        except NotImplementedError:
            pass
        else:
            return "the caller could send"
    try:
        with module.channel(lambda link: link.receive(), 1) as channel:
            list(channel)
    except RuntimeError as error:
        return None if "duplex" in str(error) else str(error)
    return "the worker could receive"


def case_left_early(module: ModuleType, log: Log) -> str | None:
    """Leave with workers that would send for ever, after a message of theirs and before."""

    def work(link: Any) -> None:
        while True:
            link.send(bytes(70000))

    with module.channel(work, 2) as channel:
        next(iter(channel))
    with module.channel(work, 2):
        pass
    return None


def case_timeout(module: ModuleType, log: Log) -> str | None:
    """Let a timeout bound the wait for a message; a good one is not noticed."""
    with module.channel(lambda link: link.send(b"!"), 1, timeout=20) as channel:
        why = None if list(channel) == [(0, b"!")] else "a timeout of 20 s was noticed"
    start = time.monotonic()
    with module.channel(lambda link: time.sleep(9), 1, timeout=0.2) as channel:
        try:
            list(channel)
        except TimeoutError:
            late = time.monotonic() - start
            return why or (f"{late:.2f} s for a timeout of 0.2 s" if late > 1.2 else None)
    return "no TimeoutError"


class Rung(Exception):  # noqa: N818 - a message
    """Raised by a handler of the caller."""


def case_handler(module: ModuleType, log: Log) -> str | None:
    """Let a handler of the caller raise while it waits, at its fifth call; four are unseen."""
    rung = 0

    def handler(signum: int, frame: FrameType | None) -> None:
        nonlocal rung
        rung += 1
        if rung == 5:
            raise Rung

    def work(link: Any) -> None:
        time.sleep(9)

    old = signal.signal(signal.SIGALRM, handler)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    try:
        with module.channel(work, 2) as channel:
            signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
            list(channel)
    except Rung:
        return None if signal.pthread_sigmask(signal.SIG_BLOCK, []) == mask else "the mask differs"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    return "the handler's exception was lost"


def case_arguments(module: ModuleType, log: Log) -> str | None:
    """Give what is no number of workers: it is refused before anything is made."""
    births = Births()
    for workers, kind in [(0, ValueError), (-1, ValueError), (True, TypeError), (1.0, TypeError)]:
        try:
            with module.channel(lambda link: None, workers):
                pass
        except kind:
            continue
        return f"{workers!r} workers"
    return f"{births.count} processes were made" if births.count else None


def struck(module: ModuleType, log: Log) -> None:
    """Let a worker end too early, at several points and in several ways; tell of each.

    One of two is struck, while the other goes on, or waits.
    """
    before = resources.of_this_process()

    def at(point: str, way: Any) -> Callable[[Any], None]:
        def end() -> None:
            log("struck", point=point, way=way)
            if way == "exit":
                os._exit(0)
            if way == "raise":
                raise ZeroDivisionError("planted by the suite")
            os.kill(os.getpid(), way)

        def work(link: Any) -> None:
            if link.worker == 1:
                if point == "while another sends":
                    while True:
                        link.send(b"more")
                time.sleep(9)
            if point == "first":
                end()
            elif point == "after some":
                for number in range(3):
                    link.send(content(0, number, 1000))
                end()
            elif point == "amid a message":
                signal.signal(signal.SIGALRM, lambda *_: end())
                signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])
                signal.setitimer(signal.ITIMER_REAL, 0.02)
                while True:
                    link.send(bytes(8 * MIB))
            elif point == "while another sends":
                end()
            else:  # the caller is asleep
                time.sleep(0.05)
                end()

        return work

    cases = [
        ("first", signal.SIGKILL),
        ("first", "exit"),
        ("after some", signal.SIGKILL),
        ("after some", "raise"),
        ("amid a message", signal.SIGKILL),
        ("amid a message", "exit"),
        ("while another sends", signal.SIGKILL),
        ("while another sends", "exit"),
        ("asleep", signal.SIGKILL),
        ("asleep", "exit"),
    ]
    for point, way in cases:
        facts: dict[str, Any] = {"point": point, "way": str(way)}
        try:
            with module.channel(at(point, way), 2, duplex=point == "asleep") as channel:
                for worker, message in channel:
                    if worker == 0 and len(message) not in (1000, 8 * MIB):
                        facts["partial"] = len(message)
        except Exception as error:  # noqa: BLE001 - it is the verdict
            facts |= {"error": type(error).__name__, "text": str(error)}
        log("ended", **facts)
    gc.collect()
    log("inside", new=resources.added(before, resources.of_this_process()))


class Demanding(Exception):  # noqa: N818 - it is the shape that counts
    """Takes arguments of its own, so that a pickle of it cannot be loaded."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} and {two}")


class Unprintable(Exception):  # noqa: N818
    """Has no text: to ask for it raises."""

    def __str__(self) -> str:
        raise ValueError("no text")


def _because() -> None:
    try:
        raise KeyError("the cause")
    except KeyError as error:
        raise RuntimeError("the effect") from error


def _raise(error: BaseException) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


# What a worker raises, and what an error about it has to show.
EXCEPTIONS: dict[str, tuple[Callable[[], None], tuple[str, ...]]] = {
    "plain": (_raise(ValueError("plain text")), ("ValueError", "plain text")),
    "other arguments": (_raise(Demanding("one", "two")), ("Demanding", "one and two")),
    "SystemExit": (_raise(SystemExit(0)), ("SystemExit",)),
    "SystemExit with text": (_raise(SystemExit("why")), ("SystemExit", "why")),
    "KeyboardInterrupt": (_raise(KeyboardInterrupt()), ("KeyboardInterrupt",)),
    "GeneratorExit": (_raise(GeneratorExit()), ("GeneratorExit",)),
    "StopIteration": (_raise(StopIteration(3)), ("StopIteration",)),
    "umlauts": (_raise(ValueError("ümläut €")), ("ümläut €",)),
    "a lone surrogate": (_raise(OSError(os.fsdecode(b"caf\xe9"))), ("caf\\udce9",)),
    "a NUL": (_raise(ValueError("before\0behind")), ("before\0behind",)),
    "a megabyte": (_raise(ValueError("é" * MIB)), ("ValueError", "ééé")),
    "no text": (_raise(ValueError()), ("ValueError",)),
    "no text to be had": (_raise(Unprintable()), ("Unprintable",)),
    "several lines": (_raise(ValueError("first\nsecond")), ("first\nsecond",)),
    "a group": (_raise(ExceptionGroup("some", [ValueError("one")])), ("ExceptionGroup", "some")),
    "a cause": (_because, ("RuntimeError", "the effect")),
    "a syntax error": (_raise(SyntaxError("odd", ("x", 1, 1, "text"))), ("SyntaxError", "odd")),
}


def raised(module: ModuleType, log: Log) -> None:
    """Let a worker raise each of EXCEPTIONS, while another one waits; tell the error of each."""
    before = resources.of_this_process()
    for case, (act, parts) in EXCEPTIONS.items():

        def work(link: Any, act: Callable[[], None] = act) -> None:
            if link.worker == 0:
                act()
            time.sleep(9)

        facts: dict[str, Any] = {"case": case, "parts": parts, "worker": None}
        try:
            with module.channel(work, 2) as channel:
                list(channel)
        except Exception as error:  # noqa: BLE001 - it is the verdict
            facts |= {"error": type(error).__name__, "text": str(error)[:1000]}
            facts["worker"] = getattr(error, "pid", None)
        log("raised", **facts)
    gc.collect()
    log("inside", new=resources.added(before, resources.of_this_process()))


def endless(module: ModuleType, log: Log) -> None:
    """Take messages without end, for the caller to be killed."""

    def work(link: Any) -> None:
        log("born")
        while True:
            link.send(link.receive())

    with module.channel(work, 2, duplex=True) as channel:
        for worker in range(2):
            channel.send(worker, bytes(100))
        for worker, message in channel:
            channel.send(worker, message)
