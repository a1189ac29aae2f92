"""What is counted: a run, round trips of a message, and streams of messages one way."""

import contextlib
import itertools
import os
import resource
import struct
from collections import deque
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any, NamedTuple

from tests.harness.oracle import tolerance, ulps

WORKERS = 4
SMALL, LARGE = 8, 64 << 10  # bytes of a message

_USAGE = struct.Struct("=dq")

Span = Callable[[], contextlib.AbstractContextManager[object]]
"""A block of it has what is counted, of all processes: no set-up and no end."""


class Usage(NamedTuple):
    """CPU time in microseconds, and context switches, voluntary and not."""

    cpu_us: float
    switches: int

    def plus(self, other: "Usage") -> "Usage":
        """Return the sum of the two."""
        return Usage(self.cpu_us + other.cpu_us, self.switches + other.switches)

    def since(self, before: "Usage") -> "Usage":
        """Return what was used after *before*."""
        return Usage(self.cpu_us - before.cpu_us, self.switches - before.switches)


def used(whose: int = resource.RUSAGE_SELF) -> Usage:
    """Return what this process, or its children that were waited for, have used: getrusage(2)."""
    found = resource.getrusage(whose)
    return Usage((found.ru_utime + found.ru_stime) * 1e6, found.ru_nvcsw + found.ru_nivcsw)


class Work(NamedTuple):
    """What is counted.

    key: of its figures in a file.
    words: what it is.
    times: how often it is done in what is counted.
    act: does it so often, between a span's ends; returns what all processes but the caller have
        used for it.
    """

    key: str
    words: str
    times: int
    act: Callable[[ModuleType, int, Span], Usage]


def _run(module: ModuleType, times: int, span: Span) -> Usage:
    """Add up one term a worker."""
    before = used(resource.RUSAGE_CHILDREN)
    with span():
        values = [module.run(WORKERS, WORKERS) for _ in range(times)]
    for value in values:
        if value is not None and not ulps(value, WORKERS) <= tolerance(WORKERS, WORKERS):
            raise AssertionError(f"run({WORKERS}, {WORKERS}) returned {value!r}")
    return used(resource.RUSAGE_CHILDREN).since(before)


def _echo(times: int, link: Any) -> None:
    link.send(link.receive())
    before = used()  # it will wait until it is counted
    for _ in range(times):
        link.send(link.receive())
    link.receive()
    link.send(_USAGE.pack(*used().since(before)))


def _trips(module: ModuleType, times: int, span: Span) -> Usage:
    """Send a small message to a worker, which sends it back."""
    question = bytes(range(SMALL))
    with module.channel(partial(_echo, times), 1, duplex=True) as opened:
        messages = iter(opened)
        opened.send(0, question)
        _check(next(messages), question)  # the worker has started
        with span():
            for _ in range(times):
                opened.send(0, question)
                _check(next(messages), question)
        opened.send(0, question)
        return _rest(messages)


def _source(size: int, times: int, gate: tuple[int, int], link: Any) -> None:
    os.close(gate[1])
    data = bytes(size)
    link.send(data)
    before = used()
    os.read(gate[0], 1)
    for _ in range(times):
        link.send(data)
    os.read(gate[0], 1)
    link.send(_USAGE.pack(*used().since(before)))


def _stream(size: int, module: ModuleType, times: int, span: Span) -> Usage:
    """Take in messages of one worker."""
    gate = os.pipe()
    try:
        with module.channel(partial(_source, size, times, gate), 1) as opened:
            messages = iter(opened)
            _check(next(messages), bytes(size))  # the worker has started, and waits
            os.write(gate[1], b"!")
            with span():
                last = deque(itertools.islice(messages, times), 1).pop()
            _check(last, bytes(size))
            os.write(gate[1], b"!")
            return _rest(messages)
    finally:
        for fd in gate:
            os.close(fd)


def _check(message: tuple[int, Any], expected: bytes) -> None:
    if message != (0, expected):
        raise AssertionError("a message is not the one that was sent")


def _rest(messages: Any) -> Usage:
    """Take in what a worker has used, and the end."""
    (_, told), *more = messages
    if more:
        raise AssertionError("there are more messages than were sent")
    return Usage(*_USAGE.unpack(told))


RUN = Work("run", f"a run of {WORKERS} workers", 1, _run)
TRIP = Work("trip", f"round trips of {SMALL} B", 200, _trips)
STREAM = Work("stream", f"messages of {SMALL} B, one way", 2000, partial(_stream, SMALL))
BULK = Work("bulk", f"messages of {LARGE >> 10} KiB, one way", 50, partial(_stream, LARGE))
OF_MESSAGES = (TRIP, STREAM, BULK)
WORKS = (RUN, *OF_MESSAGES)
