"""Latency under load: when messages are sent, from when a delay counts, and what is verified."""

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator
from statistics import median_low
from types import SimpleNamespace
from typing import Any

import pytest

from tests.benchmarks import conftest, open_loop, source
from tests.benchmarks.floor import MECHANISMS, NoFloor
from tests.benchmarks.messages import Open
from tests.benchmarks.open_loop import LEVELS, REACHED, delays, figures, load_sample, quantile
from tests.benchmarks.rounds import Sample, Series
from tests.benchmarks.source import AT_ONCE, MOST, schedule, send_in_time
from tests.benchmarks.tables import Entry, Row
from tests.benchmarks.test_under_load import LOAD
from tests.harness.isolation import processors
from transports.pipe import channel

MS = 1_000_000  # nanoseconds
two_cores = pytest.mark.skipif(processors() < 2, reason="there is one core alone")


@pytest.mark.parametrize("count", [1, 200, MOST])
def test_messages_are_sent_at_the_rate_that_was_asked_for(count: int) -> None:
    """Not only in the mean of many draws; the times only grow, and are the same each time."""
    times = schedule(count, 20_000)
    assert len(times) == count
    assert times == sorted(times) == schedule(count, 20_000)
    assert times[-1] == pytest.approx(count / 20_000 * 1e9, rel=1e-6)


def test_the_gaps_are_those_of_clients_that_know_nothing_of_each_other() -> None:
    """Of exponential gaps 63 of 100 are shorter than the mean; scaled, they stay what they are."""
    slow, fast = schedule(MOST, 1000), schedule(MOST, 4000)
    gaps = [later - one for one, later in itertools.pairwise(slow)]
    assert sum(gap < MS for gap in gaps) / len(gaps) == pytest.approx(0.632, abs=0.02)
    assert all(abs(one / 4 - other) <= 1 for one, other in zip(slow, fast, strict=True))


def test_as_fast_as_it_goes_is_with_no_time_to_wait_for() -> None:
    """Which is the same loop, so that its rate can be compared."""
    assert schedule(50, AT_ONCE) == [0] * 50


class _Clock:
    """A clock that only goes on while somebody waits or sends."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = 0
        fake = SimpleNamespace(monotonic_ns=lambda: self.now, sleep=lambda _: self.go(1000))
        patch.setattr(source, "time", fake)
        patch.setattr("os.sched_yield", lambda: self.go(1000), raising=False)

    def go(self, nanoseconds: int) -> None:
        self.now += nanoseconds


def _sent(clock: _Clock, takes: Callable[[int], int], count: int) -> list[int]:
    """Return when each of *count* messages, one a millisecond, was there: if all came, in order."""
    there: list[int] = []
    came: list[bytes] = []

    def send(message: bytes) -> None:
        clock.go(takes(len(came)))
        came.append(message)
        there.append(clock.now)

    messages = [b"%d" % number for number in range(count)]
    send_in_time(send, messages, [number * MS for number in range(count)])
    assert came == messages
    return there


def test_a_sender_that_keeps_up_is_never_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """And late by no more than one look at the clock."""
    there = _sent(_Clock(monkeypatch), lambda number: 0, 100)
    late = delays(([number * MS for number in range(100)], there))
    assert 0 <= min(late) <= max(late) <= 1000


def test_a_stall_counts_for_all_messages_that_were_to_be_sent_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of 50 ms: 50 messages are late, by 50 ms to none, and not the first of them alone."""
    there = _sent(_Clock(monkeypatch), lambda number: 50 * MS if number == 500 else 0, 1000)
    late = sorted(delays(([number * MS for number in range(1000)], there)))
    assert sum(delay > MS for delay in late) in range(48, 52)
    assert quantile(late, 1000) in range(50 * MS, 51 * MS)
    assert quantile(late, 990) in range(39 * MS, 42 * MS), "of 1000 the 10 that are latest"
    assert quantile(late, 500) < MS


def _stalling(at: int) -> Open:
    """Return the channel of pipe, whose link takes 50 ms for one message."""

    @contextlib.contextmanager
    def opened(work: Callable[[Any], None], workers: int) -> Iterator[Any]:
        def slow(link: Any) -> None:
            numbers = itertools.count()

            def send(message: bytes) -> None:
                if next(numbers) == at:
                    time.sleep(0.05)
                link.send(message)

            work(SimpleNamespace(worker=link.worker, send=send))

        with channel(slow, workers) as messages:
            yield messages

    return opened


@two_cores
def test_a_stall_in_a_channel_shows_in_p99_and_max() -> None:
    """Of 1000 messages in 100 ms, from one process to another."""
    with source.source(_stalling(300)) as ask:
        late = sorted(delays(ask(1000, 10_000, open_loop.received)))
    assert quantile(late, 1000) >= 50 * MS
    assert quantile(late, 990) >= 40 * MS


def _changed(change: Callable[[list[Any]], list[Any]]) -> Open:
    """Return the channel of pipe, of whose first 20 messages is made what *change* returns."""

    @contextlib.contextmanager
    def opened(work: Callable[[Any], None], workers: int) -> Iterator[Any]:
        with channel(work, workers) as messages:
            each = iter(messages)

            def some() -> Iterator[Any]:
                yield from change([*itertools.islice(each, 20)])
                yield from each

            yield some()

    return opened


@two_cores
@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda some: [some[0], *some], "the first 1 are what was sent"),
        (lambda some: [*some[:5], *some[6:], some[5]], "the first 5 are what was sent"),
        (lambda some: [*some[:7], (0, some[7][1][:-1] + b"x"), *some[8:]], "the first 7 are"),
        (lambda some: [*some[:7], (0, some[7][1] + b"x"), *some[8:]], "the first 7 are"),
    ],
    ids=["twice", "in another order", "changed", "longer"],
)
def test_a_message_that_is_not_as_it_was_sent_is_an_error(
    change: Callable[[list[Any]], list[Any]], complaint: str
) -> None:
    """Whatever the delays are."""
    with pytest.raises(AssertionError, match=complaint), source.source(_changed(change)) as ask:
        ask(20, AT_ONCE, open_loop.received)


@two_cores
def test_a_message_more_than_was_sent_is_an_error() -> None:
    """At the end too."""

    def and_one(some: list[Any]) -> list[Any]:
        return [*some, some[-1]]

    with (
        pytest.raises(AssertionError, match="more messages than were sent"),
        source.source(_changed(and_one)) as ask,
    ):
        ask(20, AT_ONCE, open_loop.received)


def test_a_quantile_is_the_least_that_so_many_do_not_exceed() -> None:
    """By its definition, of many and of few."""
    assert [quantile(range(1, 1001), q) for q in (500, 990, 999, 1000)] == [500, 990, 999, 1000]
    for count in (1, 2, 7, 99, 101):
        each = [3 * number for number in range(count)]
        for per_mille in (1, 250, 500, 990, 999, 1000):
            least = next(x for i, x in enumerate(each, 1) if 1000 * i >= per_mille * count)
            assert quantile(each, per_mille) == least


def _parts(reached: int, factor: int) -> dict[str, list[int]]:
    each = {str(level): [factor * n * 1000 for n in range(1, 501)] for level in LEVELS}
    return {REACHED: [reached]} | each


def _series(*factors: int) -> Series:
    return Series([load_sample(_parts(factor * MS, factor)) for factor in factors])


def test_a_table_is_ordered_by_the_p99_at_half_the_load() -> None:
    """In each round."""
    assert load_sample(_parts(1, 2)).seconds == pytest.approx(2 * 495e-6)


def test_quantiles_are_of_all_rounds_and_the_rate_is_their_median() -> None:
    """So one slow round shows in max, and its rate does not count."""
    found = figures(_series(1, 1, 40), _series(1, 1, 1))
    assert found["messages_per_s"] == 1_000_000
    assert found["messages_at_80"] == 1500
    assert found["max_us_at_80"] == 500 * 40
    pooled = sorted([*range(1, 501)] * 2 + [40 * n for n in range(1, 501)])
    assert found["p50_us_at_10"] == median_low(pooled)
    assert found["p99_us_at_95"] == pooled[1484]
    assert found["x_c_p50_at_95"] == pytest.approx(median_low(pooled) / 250, rel=1e-3)


def test_without_the_same_from_c_there_is_no_ratio_to_it() -> None:
    """Peers have none; all else is told."""
    assert not [key for key in figures(_series(1)) if key.startswith("x_c")]


def test_what_is_told_of_a_row_has_the_quantiles() -> None:
    """With the ratio to what was measured beside it."""
    row = Row(_series(1), {}, {}, beside={"x_c": _series(2)})
    entry = Entry("t", "load", lambda: contextlib.nullcontext(lambda turn: Sample(1.0)), {}, LOAD)
    told = conftest.more(entry, row, [row])
    assert {f"{q}_us_at_{level}" for q in ("p50", "p99", "p999", "max") for level in LEVELS} <= {
        *told
    }
    assert told["x_c_p50_at_10"] == 0.5


@two_cores
@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_each_mechanism_can_be_driven_from_c(mechanism: str) -> None:
    """With the same levels."""
    try:
        with open_loop.c_load(mechanism)() as measure:
            sample = measure(0)
    except NoFloor as reason:
        pytest.skip(str(reason))
    assert {*sample.parts} == {REACHED, *map(str, LEVELS)}
    _as_many_as_fit(sample, open_loop.C_SPAN)


def _as_many_as_fit(sample: Sample, seconds: float) -> None:
    """Each level has as many messages as its share of the rate, and none came before its time."""
    rate = 1e12 / sample.parts[REACHED][0]
    for level in LEVELS:
        late = sample.parts[str(level)]
        fit = min(max(rate * level / 100 * seconds, open_loop.LEAST), MOST)
        assert len(late) == pytest.approx(fit, abs=2)
        assert min(late) > 0


@two_cores
def test_each_level_is_measured_through_a_channel() -> None:
    """With as many messages as its share of the rate has in the time of a level."""
    _as_many_as_fit(open_loop._load(0, channel), open_loop.SPAN)
