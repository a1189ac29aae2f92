"""Break-even: from how much work for each message on it no longer matters which channel carries it.

The receiver computes for some microseconds of CPU time when it has a message, and only then takes
the next one; the sender sends as fast as the channel takes them.  The more there is to compute, the
smaller is the part of the channel.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from tests.benchmarks.messages import Channel, Open, by
from tests.benchmarks.open_loop import quantile, received
from tests.benchmarks.rounds import Prepare, Sample, Series
from tests.benchmarks.source import AT_ONCE, Ask, Found, Receive, source

WORK = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)  # microseconds for each message
NEAR = 0.9  # of the messages a second of the fastest one: then it does not matter

WARM = 300  # messages that are sent first, without work
SPAN = 0.005  # seconds for each amount of work
LEAST, MOST = 5, 2000  # messages

Times = Mapping[int, int]
"""The nanoseconds of a message, by the microseconds of work."""


def of_work(channel: Channel) -> Prepare:
    """Return how to measure the time of a message with each amount of WORK.

    seconds: of a message without work.
    parts: nanoseconds of a message, by the microseconds of work.
    """
    return by(channel, _worked)


def _worked(turn: int, channel: Open) -> Sample:
    with source(channel, turn) as ask:
        rough = _each(ask, 0, WARM)
        parts = {str(work): [_each(ask, work, _many(rough + work * 1000))] for work in WORK}
    return Sample(parts["0"][0] / 1e9, parts=parts)


def _many(each: int) -> int:
    """Return how many messages to send that take *each* nanoseconds."""
    return min(max(LEAST, int(SPAN * 1e9 / each)), MOST)


def _each(ask: Ask, work: int, count: int) -> int:
    """Return the nanoseconds of each of *count* messages with *work* microseconds for each."""
    receive: Receive = partial(_computing, work * 1000) if work else received
    _, there = ask(count, AT_ONCE, receive)
    return max(1, there[-1] // count)


def _computing(work: int, messages: Iterator[tuple[int, Any]]) -> tuple[list[int], Found]:
    """Do the same as `received`, with *work* nanoseconds of CPU time for each message.

    Of CPU time, so that what others compute on this core meanwhile is no part of the work.
    """
    clock, used = time.monotonic_ns, time.thread_time_ns
    stamps, found = [], []
    for message in messages:
        until = used() + work
        while used() < until:
            pass
        stamps.append(clock())
        found.append(message)
    return stamps, found


def times_of(series: Series) -> dict[int, int]:
    """Return the nanoseconds of a message by the microseconds of work: the lower quartile.

    What else runs on the machine only makes a round slower, and a tenth decides here: so this is
    not the median.
    """
    rounds = [sample.parts for sample in series.samples]
    return {work: quantile(sorted(parts[str(work)][0] for parts in rounds), 250) for work in WORK}


def break_even(mine: Times, everybody: Sequence[Times]) -> int | None:
    """Return from how many microseconds of work on *mine* is near the fastest of *everybody*.

    It is so with all longer work too.  None: not even with the longest.
    """
    least: int | None = None
    for work in sorted(mine, reverse=True):
        if min(times[work] for times in everybody) < NEAR * mine[work]:
            break
        least = work
    return least


def figures(mine: Series, everybody: Sequence[Series]) -> dict[str, float]:
    """Return what extra_info has of *mine*: its rates by the work, and its break-even.

    everybody: of the table, without those that failed.
    """
    times = times_of(mine)
    found: dict[str, float] = {
        f"messages_per_s_with_{work}_us": round(1e9 / times[work]) for work in WORK
    }
    even = break_even(times, [times_of(series) for series in everybody])
    return found | ({} if even is None else {"break_even_us": even})
