"""Latency under load: the delay of each message from its intended time until the caller has it.

First the rate is found that a channel reaches if the next message is sent when it has taken the
last one; then messages are sent at parts of this rate: see tests/benchmarks/source.py.
"""

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.benchmarks.messages import Channel, Open, by, of_c
from tests.benchmarks.rounds import Prepare, Sample, Series
from tests.benchmarks.source import AT_ONCE, MOST, PLACE, SIZE, Ask, Found, source

LEVELS = (10, 50, 80, 95)  # per cent of the rate that was reached
RANKED = 50  # the level by whose p99 a table is ordered
REACHED = "reached"  # the part of a sample that has the picoseconds of a message without a pause
QUANTILES = {"p50": 500, "p99": 990, "p999": 999, "max": 1000}  # per mille

WARM = 300  # messages that are sent first, as fast as it goes, for a rough rate
SPAN = 0.05  # seconds that each level takes
C_SPAN = 0.01  # from C, where as many messages take a fraction of the time
LEAST = 200  # messages at each level


def quantile(ordered: Sequence[int], per_mille: int) -> int:
    """Return the least of *ordered* that so many per mille of them do not exceed.

    It is one of them: nothing is interpolated.
    """
    return ordered[max(0, -(-len(ordered) * per_mille // 1000) - 1)]


def delays(asked: tuple[list[int], list[int]]) -> list[int]:
    """Return the delay of each message: what `Ask` returned, the one less the other."""
    return [there - due for due, there in zip(*asked, strict=True)]


def of_load(channel: Channel) -> Prepare:
    """Return how to measure the delays at each of LEVELS, of small messages from a worker.

    seconds: the p99 at the level RANKED.
    parts: the picoseconds of a message as fast as it goes, and by level the delays in nanoseconds.
    """
    return by(channel, _load)


def _load(turn: int, channel: Open) -> Sample:
    with source(channel, turn) as ask:
        reached = _reached(ask, _many(_reached(ask, WARM)))
        parts: dict[str, list[int]] = {REACHED: [int(1e12 / reached)]}
        for level in LEVELS:
            rate = reached * level / 100
            parts[str(level)] = delays(ask(_many(rate), rate, received))
    return load_sample(parts)


def c_load(mechanism: str) -> Prepare:
    """Return how to measure the same from C."""
    command = ("load", int(C_SPAN * 1e9), SIZE)
    return of_c(mechanism, PLACE, *command, read=_of_c)


def _of_c(answer: list[int]) -> Sample:
    numbers = iter(answer)
    parts = {REACHED: [next(numbers)]}
    for level in LEVELS:
        parts[str(level)] = [*itertools.islice(numbers, next(numbers))]
    return load_sample(parts)


def load_sample(parts: Mapping[str, Sequence[int]]) -> Sample:
    """Return the sample of *parts*: see `of_load`."""
    return Sample(quantile(sorted(parts[str(RANKED)]), 990) / 1e9, parts=parts)


def _reached(ask: Ask, count: int) -> float:
    """Return how many a second come if *count* are sent as fast as the channel takes them."""
    _, there = ask(count, AT_ONCE, received)
    return count / there[-1] * 1e9


def _many(rate: float) -> int:
    """Return how many messages to send at *rate*, in a second."""
    return min(max(LEAST, int(rate * SPAN)), MOST)


def received(messages: Iterator[tuple[int, Any]]) -> tuple[list[int], Found]:
    """Take all *messages*; return when each was there, and the messages."""
    clock = time.monotonic_ns
    stamps, found = [], []
    for message in messages:
        stamps.append(clock())
        found.append(message)
    return stamps, found


def pooled(series: Series) -> dict[str, list[int]]:
    """Return the figures of each part, of all rounds, in their order by size."""
    names = series.samples[0].parts if series.samples else ()
    return {name: sorted(t for s in series.samples for t in s.parts[name]) for name in names}


def figures(series: Series, in_c: Series | None = None) -> dict[str, float]:
    """Return what extra_info has of a series: the rate reached, and the quantiles by level.

    Times are in microseconds.  The rate is the median of the rounds, and the quantiles are of the
    messages of all rounds.  in_c: the same mechanism driven from C: then also the ratio of the p50,
    which varies less than the others.
    """
    parts, beside = pooled(series), pooled(in_c or Series())
    found: dict[str, float] = {"messages_per_s": round(1e12 / quantile(parts[REACHED], 500))}
    for level in map(str, LEVELS):
        found[f"messages_at_{level}"] = len(parts[level])
        for key, per_mille in QUANTILES.items():
            found[f"{key}_us_at_{level}"] = round(quantile(parts[level], per_mille) / 1e3, 2)
        if beside:
            ratio = quantile(parts[level], 500) / quantile(beside[level], 500)
            found[f"x_c_p50_at_{level}"] = round(ratio, 4)
    return found
