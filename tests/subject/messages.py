"""What is done to the channel of a transport, inside the interpreter that it has for itself.

What workers send is drawn from a hash of who sends it and when, so that each side knows what
the other has to say, to the last byte.
"""

import gc
import hashlib
import os
import select
import signal
import time
from collections.abc import Callable, Sequence
from types import FrameType, ModuleType
from typing import Any

from tests.subject import Log, census
from tests.subject.scenarios import Births

MIB = 1 << 20
SIZES = (0, 1, 8, select.PIPE_BUF - 1, select.PIPE_BUF, select.PIPE_BUF + 1, (64 << 10) + 1, MIB)


def content(worker: int, number: int, size: int) -> bytes:
    """Return what message *number* of *worker* has to be."""
    return hashlib.shake_128(f"{worker} {number}".encode()).digest(size)


def carried(module: ModuleType, log: Log, cases: Sequence[str]) -> None:
    """Put the channel through each of *cases*, functions below; tell of each how it went."""
    with module.channel(lambda link: None, 1) as channel:
        list(channel)
    before = census.inside()
    for case in cases:
        start = time.monotonic()
        try:
            why = globals()[f"case_{case}"](module, log)
        except Exception as error:  # noqa: BLE001 - it is the verdict
            why = f"{type(error).__name__}: {error}"
        log("case", case=case, why=why, seconds=time.monotonic() - start)
    gc.collect()
    log("inside", new=census.new(before, census.inside()))


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
    before = census.inside()

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
        told: dict[str, Any] = {"point": point, "way": str(way)}
        try:
            with module.channel(at(point, way), 2, duplex=point == "asleep") as channel:
                for worker, message in channel:
                    if worker == 0 and len(message) not in (1000, 8 * MIB):
                        told["partial"] = len(message)
        except Exception as error:  # noqa: BLE001 - it is the verdict
            told |= {"error": type(error).__name__, "text": str(error)}
        log("ended", **told)
    gc.collect()
    log("inside", new=census.new(before, census.inside()))


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
