"""What the channel of a transport carries: each case sends messages, and compares what comes.

The content of a message is a hash of its worker and its number.  So each side knows every byte that
the other side has to send.
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

from tests.scenarios.injection import Births
from tests.scenarios.protocol import Log
from tests.system import processes, resources

MIB = 1 << 20
SIZES = (0, 1, 8, select.PIPE_BUF - 1, select.PIPE_BUF, select.PIPE_BUF + 1, (64 << 10) + 1, MIB)


# A case of the test: it returns what is wrong, or None.
Case = Callable[[ModuleType, Log], str | None]
CASES: dict[str, Case] = {}


def case(function: Case) -> Case:
    """Add *function* to CASES, by its name."""
    CASES[function.__name__] = function
    return function


def content(worker: int, number: int, size: int) -> bytes:
    """Return the content of message *number* of *worker*."""
    return hashlib.shake_128(f"{worker} {number}".encode()).digest(size)


def carried(module: ModuleType, log: Log, cases: Sequence[str]) -> None:
    """Do each of *cases*, names of CASES; log what is wrong with it, if anything."""
    with module.channel(lambda link: None, 1) as channel:
        list(channel)
    before = resources.of_this_process()
    for name in cases:
        start = time.monotonic()
        try:
            why = CASES[name](module, log)
        except Exception as error:  # noqa: BLE001 - any error is a result
            why = f"{type(error).__name__}: {error}"
        log("case", case=name, why=why, seconds=time.monotonic() - start)
    gc.collect()
    log("inside", new=resources.added(before, resources.of_this_process()))


def _compare(channel: Any, expected: dict[int, list[int]]) -> str | None:
    """Return what is wrong with the messages that come, or None.

    expected: the sizes of the messages of each worker, in their order.
    """
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


@case
def sizes(module: ModuleType, log: Log) -> str | None:
    """Send each size twice from each of three workers, in three orders."""
    sizes = {w: [*SIZES[w:], *SIZES[:w], *SIZES] for w in range(3)}

    def work(link: Any) -> None:
        for number, size in enumerate(sizes[link.worker]):
            link.send(content(link.worker, number, size))

    with module.channel(work, 3) as channel:
        return _compare(channel, sizes)


@case
def kinds(module: ModuleType, log: Log) -> str | None:
    """Send bytes, bytearray and memoryview; other types are refused."""
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


@case
def round_trip(module: ModuleType, log: Log) -> str | None:
    """Send each size to each of two workers and back."""

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


@case
def more_than_it_holds(module: ModuleType, log: Log) -> str | None:
    """Let thousands of messages wait in their workers until the caller receives them."""
    sizes = {w: [100] * 2000 for w in range(3)}

    def work(link: Any) -> None:
        for number, size in enumerate(sizes[link.worker]):
            link.send(content(link.worker, number, size))

    with module.channel(work, 3) as channel:
        time.sleep(0.1)
        return _compare(channel, sizes)


# Messages of one byte that a worker sends at most to fill a channel. Most channels hold fewer. A
# TCP connection may hold more, and then these are enough.
_MOST = 8_000
_FULL_AFTER = 10  # looks in a row that find its worker asleep, and no other message sent
_LOOK_EVERY = 0.002  # seconds
_FILL_LIMIT = 10.0  # seconds

# After its last message a worker writes that it has ended, which takes room in the channel too.
_LEFT_FREE = 32  # messages


def _capacity(module: ModuleType, size: int) -> int:
    """Return how many messages of *size* bytes a worker can send before it has to wait."""
    sent, pid = mmap.mmap(-1, 8), mmap.mmap(-1, 8)

    def work(link: Any) -> None:
        pid[:] = os.getpid().to_bytes(8, "little")
        for number in range(_MOST):
            link.send(bytes(size))
            sent[:] = (number + 1).to_bytes(8, "little")
        link.send(bytes(size))

    def count() -> int:
        return int.from_bytes(sent[:], "little")

    with module.channel(work, 1):
        seen, same, until = -1, 0, time.monotonic() + _FILL_LIMIT
        while same < _FULL_AFTER and time.monotonic() < until:
            worker = int.from_bytes(pid[:], "little")
            waits = worker and processes.state(worker) not in processes.RUNNABLE
            same = same + 1 if waits and seen == count() else 0
            seen = count()
            time.sleep(_LOOK_EVERY)
    return count()


@case
def as_many_as_it_holds(module: ModuleType, log: Log) -> str | None:
    """Let a worker fill the channel almost, and exit before the caller receives anything.

    Of messages with one byte or none, a channel holds the most.
    """
    for size in (1, 0):
        count = _capacity(module, size)
        count -= max(1, min(_LEFT_FREE, count // 8))
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


@case
def many_small(module: ModuleType, log: Log) -> str | None:
    """Receive thousands of messages with one byte or none while they are sent."""
    sizes = {w: [1, 0] * 1000 for w in range(3)}

    def work(link: Any) -> None:
        for number, size in enumerate(sizes[link.worker]):
            link.send(content(link.worker, number, size))

    with module.channel(work, 3) as channel:
        return _compare(channel, sizes)


@case
def short_lives(module: ModuleType, log: Log) -> str | None:
    """Let workers send a few messages and exit while the caller receives."""
    sizes = {w: [10] * 3 for w in range(2)}

    def work(link: Any) -> None:
        for number, size in enumerate(sizes[link.worker]):
            link.send(content(link.worker, number, size))

    for _ in range(10):
        with module.channel(work, 2) as channel:
            if (why := _compare(channel, sizes)) is not None:
                return why
    return None


@case
def stopped_caller(module: ModuleType, log: Log) -> str | None:
    """Stop the caller twice, each time while some workers begin, send and exit."""
    sizes = {w: [10] for w in range(6)}

    def work(link: Any) -> None:
        link.send(content(link.worker, 0, 10))

    births = Births(log)
    caller, begun = os.getpid(), time.monotonic()
    # Seconds: three workers begin at 0.1, while the caller is stopped, and three at 0.4.
    first, second, half = 0.1, 0.4, 3
    times = ((0.06, "STOP"), (0.2, "CONT"), (0.36, "STOP"), (0.5, "CONT"))

    def stop_twice() -> None:
        for at, number in times:
            time.sleep(max(0.0, begun + at - time.monotonic()))
            os.kill(caller, signal.Signals[f"SIG{number}"])

    stopper = os.fork()
    if stopper == 0:
        try:
            stop_twice()
        finally:
            os._exit(0)
    births.arm_forked(lambda number: time.sleep(first if number <= half else second))
    try:
        with module.channel(work, 6) as channel:
            return _compare(channel, sizes)
    finally:
        births.disarm()
        os.waitpid(stopper, 0)


@case
def both_at_once(module: ModuleType, log: Log) -> str | None:
    """Let caller and worker both send more than the channel holds before they receive."""
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


@case
def answers_to_many(module: ModuleType, log: Log) -> str | None:
    """Answer each message at once; the answers are more than the channel to a worker holds."""
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


@case
def one_direction(module: ModuleType, log: Log) -> str | None:
    """Without duplex, neither the caller can send nor a worker receive; the error says why."""
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


@case
def left_early(module: ModuleType, log: Log) -> str | None:
    """Leave a channel whose workers would send for ever: after one message, and before any."""

    def work(link: Any) -> None:
        while True:
            link.send(bytes(70000))

    with module.channel(work, 2) as channel:
        next(iter(channel))
    with module.channel(work, 2):
        pass
    return None


@case
def timeout(module: ModuleType, log: Log) -> str | None:
    """Set a long timeout, which has no effect, and a short one, which ends the wait."""
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


class Interrupted(Exception):  # noqa: N818 - no error
    """A handler of the caller raises this."""


@case
def handler(module: ModuleType, log: Log) -> str | None:
    """Let a signal handler of the caller raise at its fifth call; four calls have no effect."""
    count = 0

    def handler(signum: int, frame: FrameType | None) -> None:
        nonlocal count
        count += 1
        if count == 5:
            raise Interrupted

    def work(link: Any) -> None:
        time.sleep(9)

    old = signal.signal(signal.SIGALRM, handler)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    try:
        with module.channel(work, 2) as channel:
            signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
            list(channel)
    except Interrupted:
        return None if signal.pthread_sigmask(signal.SIG_BLOCK, []) == mask else "the mask differs"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    return "the handler's exception was lost"


@case
def arguments(module: ModuleType, log: Log) -> str | None:
    """Pass invalid numbers of workers: they are refused before a process is created."""
    births = Births(log)
    for workers, kind in [(0, ValueError), (-1, ValueError), (True, TypeError), (1.0, TypeError)]:
        try:
            with module.channel(lambda link: None, workers):
                pass
        except kind:
            continue
        return f"{workers!r} workers"
    return f"{births.count} processes were made" if births.count else None
