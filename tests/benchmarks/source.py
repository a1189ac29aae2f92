"""A worker that sends messages at intended times, whether the channel keeps up or not.

A sender that waits for the channel before it looks at the clock sends less while the channel is
slow, so the slow times have few samples (coordinated omission: Tene, How NOT to measure latency,
2013).  Here all times are known before the first message is sent, and none is left out (an open
loop: Schroeder, Wierman and Harchol-Balter, Open versus closed: a cautionary tale, NSDI 2006).

The gaps between messages are exponential, as where many clients send that know nothing of each
other.  They are drawn once: all contenders have the same gaps, each scaled to its rate.

The sender waits in a loop that looks at the clock: a sleep would be late by more than what is
measured.  So sender and receiver need a processor each.
"""

import contextlib
import gc
import itertools
import math
import os
import random
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import Any

from tests.benchmarks.messages import LATENCY, Open, held, numbered, stay_on, verify

SIZE = 64  # bytes
PLACE = LATENCY[-1]  # two cores, where a process can be held to one
MOST = 10_000  # messages in an order
PAUSE = 1_000_000  # nanoseconds until the first message: by then the caller waits for it
SEED = 20  # of the gaps

AT_ONCE = math.inf  # messages a second: as fast as the channel takes them
_ORDER = struct.Struct("=qd")  # how many messages, 0 for the end; how many a second
_BEGUN = struct.Struct("=q")  # nanoseconds

Found = list[tuple[int, Any]]

Receive = Callable[[Iterator[tuple[int, Any]]], tuple[list[int], Found]]
"""Takes all messages; returns when each was there, by time.monotonic_ns, and the messages."""

Ask = Callable[[int, float, Receive], tuple[list[int], list[int]]]
"""Has messages sent, so many and so many a second.

Returns when each was to be sent, and when it was there: nanoseconds since the beginning.
"""


@cache
def _draws() -> tuple[float, ...]:
    """Return times with a mean gap of 1."""
    dice = random.Random(SEED)
    return tuple(itertools.accumulate(dice.expovariate(1.0) for _ in range(MOST)))


@cache
def _messages() -> tuple[bytes, ...]:
    return numbered(0, SIZE, MOST)


def schedule(count: int, per_second: float) -> list[int]:
    """Return when each of *count* messages is to be sent, in nanoseconds from the beginning.

    count: at most MOST.  per_second: the mean of all of them, exactly; AT_ONCE makes all times 0.
    """
    draws = _draws()[:count]
    gap = 1e9 / per_second * count / draws[-1]
    return [int(draw * gap) for draw in draws]


def send_in_time(
    send: Callable[[bytes], object], messages: Sequence[bytes], times: Sequence[int]
) -> None:
    """Send each of *messages* at its time; one that is late is sent at once, none is left out.

    times: in nanoseconds, by time.monotonic_ns.
    """
    clock = time.monotonic_ns  # the same in all processes
    # While it waits, threads of its own can go on, which in some libraries are what sends; and
    # where other programs run, it keeps its share of the processor for when it has to send.
    give_way = getattr(os, "sched_yield", partial(time.sleep, 0))
    for message, due in zip(messages, times, strict=True):
        while clock() < due:
            give_way()
        send(message)


def _obey(processors: list[int], orders: int, begun: int, link: Any) -> None:
    """Send what is ordered, in a worker."""
    stay_on(processors)
    messages = _messages()
    while True:
        count, per_second = _ORDER.unpack(os.read(orders, _ORDER.size))
        if not count:
            return
        offsets = schedule(count, per_second)
        start = time.monotonic_ns() + PAUSE
        os.write(begun, _BEGUN.pack(start))
        send_in_time(link.send, messages[:count], [start + offset for offset in offsets])


def _asked(opened: Iterator[tuple[int, Any]], orders: int, begun: int) -> Ask:
    """Return what gives orders to the worker of a channel, and verifies what comes."""

    def ask(count: int, per_second: float, receive: Receive) -> tuple[list[int], list[int]]:
        caller = os.getpid()
        os.write(orders, _ORDER.pack(count, per_second))
        stamps, found = receive(itertools.islice(opened, count))
        if os.getpid() != caller:
            os._exit(1)  # a worker came back: no second pytest
        (start,) = _BEGUN.unpack(os.read(begun, _BEGUN.size))
        verify(found, [_messages()[:count]])
        return schedule(count, per_second), [stamp - start for stamp in stamps]

    return ask


@contextlib.contextmanager
def source(channel: Open, turn: int = 0) -> Iterator[Ask]:
    """Open a channel with a worker that sends on orders, each on a core of its own.

    Messages have SIZE bytes.  In the block Python's collector of garbage is off.  At its end
    no message may be left.

    turn: which of the first two cores the caller has: see `Layout.processors`.
    """
    ours, theirs = PLACE.processors(turn)
    _draws(), _messages()  # before the worker is forked, which then has them too
    with contextlib.ExitStack() as stack:
        to_obey, orders = _pipe(stack)
        begun, to_tell = _pipe(stack)
        stack.enter_context(held(ours))
        work = partial(_obey, theirs, to_obey, to_tell)
        opened = iter(stack.enter_context(channel(work, 1)))
        stack.enter_context(_no_collector())
        try:
            yield _asked(opened, orders, begun)
        finally:
            os.write(orders, _ORDER.pack(0, 0))  # some channels wait at their end for the worker
        if list(opened):
            raise AssertionError("there are more messages than were sent")


def _pipe(stack: contextlib.ExitStack) -> tuple[int, int]:
    """Return the ends of a pipe that *stack* closes."""
    ends = os.pipe()
    for end in ends:
        stack.callback(os.close, end)
    return ends


@contextlib.contextmanager
def _no_collector() -> Iterator[None]:
    """Keep the messages of a measurement without the collector looking through them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
