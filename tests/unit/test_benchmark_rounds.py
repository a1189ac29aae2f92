"""The scheduler of rounds, and tables of contenders, without anything that is measured."""

import contextlib
import random
import signal
import time
from collections.abc import Callable, Iterator, Mapping

import pytest

from tests.benchmarks import rounds as rounds_module
from tests.benchmarks import tables
from tests.benchmarks.rounds import Budget, Measure, Prepare, Rounds, Sample, Series
from tests.benchmarks.tables import Entry, Row, Table

FIVE = Budget(0.0, least=5, most=5)


def measured(
    contenders: Mapping[str, Prepare], budget: Budget, dice: random.Random
) -> dict[str, Series]:
    """Measure all in one visit."""
    rounds = Rounds(contenders, budget, dice)
    rounds.visit()
    return rounds.series


def measure(entries: Mapping[str, Entry], seed: str) -> dict[str, Row]:
    """Measure a table in one visit."""
    table = Table(entries, seed)
    table.visit()
    return table.rows()


def _contender(seen: list[str], name: str, seconds: Callable[[], float] = lambda: 1.0) -> Prepare:
    """Return one that notes each measurement, and its beginning and end."""

    @contextlib.contextmanager
    def prepare() -> Iterator[Measure]:
        seen.append(f"{name} begins")

        def once(turn: int) -> Sample:
            seen.append(name)
            return Sample(seconds())

        yield once
        seen.append(f"{name} ends")

    return prepare


def _fails(error: BaseException) -> Callable[[], float]:
    def seconds() -> float:
        raise error

    return seconds


def test_each_round_has_each_contender_once_in_a_new_order() -> None:
    """The first one is to warm up.  What is warm is set up before all of them."""
    seen: list[str] = []
    names = [*"abcdefgh"]
    found = measured({n: _contender(seen, n) for n in names}, FIVE, random.Random(3))
    assert seen[:8] == [f"{name} begins" for name in names]
    assert sorted(seen[-8:]) == [f"{name} ends" for name in names]
    rounds = [seen[i : i + 8] for i in range(8, len(seen) - 8, 8)]
    assert len(rounds) == 1 + 5
    assert all(sorted(one) == names for one in rounds)
    assert len({"".join(one) for one in rounds}) == len(rounds)
    assert all(len(series.samples) == 5 for series in found.values())


def test_all_of_a_round_are_told_its_number() -> None:
    """So what they choose in turn, such as processors, is the same for all."""
    turns: dict[str, list[int]] = {"a": [], "b": []}

    def noting(name: str) -> Prepare:
        def once(turn: int) -> Sample:
            turns[name].append(turn)
            return Sample(1.0)

        return lambda: contextlib.nullcontext(once)

    measured({name: noting(name) for name in turns}, FIVE, random.Random(1))
    assert turns["a"] == turns["b"] == [-1, 0, 1, 2, 3, 4]


def test_the_order_is_that_of_the_seed() -> None:
    """So a run can be repeated."""
    orders = []
    for seed in (1, 1, 2):
        seen: list[str] = []
        measured({n: _contender(seen, n) for n in "abcdef"}, FIVE, random.Random(seed))
        orders.append(seen)
    assert orders[0] == orders[1] != orders[2]


def test_rounds_end_with_the_time_but_not_before_the_least_of_them() -> None:
    """And not after the most."""
    for budget, count in ((Budget(0.0, 4, 9), 4), (Budget(60.0, 4, 9), 9)):
        found = measured({"a": _contender([], "a")}, budget, random.Random(1))
        assert len(found["a"].samples) == count


@pytest.mark.parametrize("kind", [ValueError, pytest.fail.Exception, pytest.skip.Exception])
def test_one_that_fails_has_its_own_error_and_the_others_go_on(kind: type[BaseException]) -> None:
    """In whatever round, or while it is set up or taken down."""
    error = kind("mine")
    times = iter([1.0, 2.0, 3.0])

    def not_set_up() -> contextlib.AbstractContextManager[Measure]:
        raise error

    @contextlib.contextmanager
    def not_taken_down() -> Iterator[Measure]:
        yield lambda turn: Sample(1.0)
        raise error

    def third() -> float:
        for seconds in times:
            return seconds
        raise error

    found = measured(
        {
            "never": not_set_up,
            "after": not_taken_down,
            "third": _contender([], "third", third),
            "good": _contender([], "good"),
        },
        FIVE,
        random.Random(1),
    )
    assert {name for name, series in found.items() if series.error is error} == {
        "never",
        "after",
        "third",
    }
    assert [len(series.samples) for series in found.values()] == [0, 5, 2, 5]


def _entry(prepare: Prepare, floor: Prepare, budget: Budget = FIVE) -> Entry:
    return Entry("a table", "run", prepare, {"x_floor": ("floor", floor)}, budget)


def test_the_floor_is_in_each_round_four_times_and_is_compared_with_itself() -> None:
    """Three for the ratios, and what the fourth differs from these by is noise."""
    seen: list[str] = []
    floor = _contender(seen, "floor")
    found = measure(
        {
            "slow": _entry(_contender(seen, "slow", lambda: 3.0), floor),
            "quick": _entry(_contender(seen, "quick", lambda: 2.0), floor),
        },
        "seed",
    )
    assert seen.count("floor") == 4 * 6
    assert seen.count("slow") == 6
    assert found["slow"].ratios["x_floor"].ratio == 3.0
    assert found["quick"].itself is not None
    assert found["quick"].itself.ratio == 1.0
    assert [found[name].rank for name in ("quick", "slow")] == [1, 2]


def test_each_ratio_is_of_one_round() -> None:
    """Figures that double from round to round have the ratio of each round all the same."""
    ours, theirs = (iter([factor * 2.0**i for i in range(6)]) for factor in (1.5, 1.0))
    mine = _contender([], "mine", lambda: next(ours))
    floor = _contender([], "floor", lambda: next(theirs))
    entry = Entry("a table", "redis", mine, {"x_redis": ("redis", floor)}, FIVE)
    found = measure({"mine": entry}, "seed")["mine"]
    ratio = found.ratios["x_redis"]
    assert (ratio.low, ratio.ratio, ratio.high) == (1.5, 1.5, 1.5)


def test_the_middle_measurement_of_the_floor_in_a_round_counts() -> None:
    """One that was disturbed is in no ratio."""

    @contextlib.contextmanager
    def floor() -> Iterator[Measure]:
        made.append(1)
        seconds = {1: 9.0, 2: 2.0, 3: 1.0, 4: 2.0}[len(made)]
        yield lambda turn: Sample(seconds)

    made: list[int] = []
    found = measure({"mine": _entry(_contender([], "mine", lambda: 3.0), floor)}, "seed")["mine"]
    assert found.ratios["x_floor"].ratio == 1.5
    assert found.itself is not None
    assert found.itself.ratio == 1.0


def test_the_rounds_of_a_table_are_spread_over_its_visits() -> None:
    """What is warm is set up for each visit; the first round of all is to warm up."""
    seen: list[str] = []
    rounds = Rounds({"a": _contender(seen, "a")}, FIVE, random.Random(1))
    for visit in range(1, 6):
        rounds.visit(visit / 5)
        rounds.visit(visit / 5)  # there is nothing to do
        assert len(rounds.series["a"].samples) == visit
    assert seen == ["a begins", "a", "a", "a ends"] + ["a begins", "a", "a ends"] * 4


def test_one_that_failed_is_not_set_up_for_a_further_visit() -> None:
    """And the others go on."""
    seen: list[str] = []
    bad = _contender(seen, "bad", _fails(ValueError("bad")))
    rounds = Rounds({"bad": bad, "good": _contender([], "good")}, FIVE, random.Random(1))
    rounds.visit(0.5)
    rounds.visit(1.0)
    assert seen == ["bad begins", "bad", "bad ends"]
    assert len(rounds.series["good"].samples) == 5


def test_a_measurement_that_does_not_end_is_a_failure_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The others go on, and a limit to the test stays."""
    monkeypatch.setattr(rounds_module, "LIMIT", 0.1)
    before = signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)[0] > 0

    def sleep() -> float:
        time.sleep(60)
        return 1.0

    late = _contender([], "late", sleep)
    found = measured({"late": late, "good": _contender([], "good")}, FIVE, random.Random(1))
    assert "did not end within 0.1 s" in str(found["late"].error)
    assert len(found["good"].samples) == 5
    assert before == (
        signal.getsignal(signal.SIGALRM),
        signal.getitimer(signal.ITIMER_REAL)[0] > 0,
    )


def test_without_a_floor_there_is_no_rank_and_a_reason() -> None:
    """Such as no C compiler; the time is told all the same."""
    floor = _contender([], "floor", _fails(RuntimeError("no compiler")))
    row = measure({"mine": _entry(_contender([], "mine"), floor)}, "seed")["mine"]
    assert (row.ratios, row.rank, row.missing) == ({}, None, {"x_floor": "no compiler"})
    assert len(row.series.samples) == 5


def test_a_table_beside_what_is_not_there_is_skipped() -> None:
    """As the one beside Redis: then nothing is measured."""
    skip = pytest.skip.Exception("no redis-server")

    def not_there() -> contextlib.AbstractContextManager[Measure]:
        raise skip

    seen: list[str] = []
    bases = {"x_redis": ("redis", not_there)}
    entry = Entry("a table", "redis", _contender(seen, "mine"), bases, FIVE)
    assert measure({"mine": entry}, "seed")["mine"].no_order is skip
    assert seen == ["mine begins", "mine ends"]


def test_a_row_has_what_it_was_compared_with_and_one_without_it_has_no_rank() -> None:
    """Some tables are ordered by a figure of their own."""
    row = measure({"a": _entry(_contender([], "a"), _contender([], "f", lambda: 2.0))}, "s")["a"]
    assert [sample.seconds for sample in row.beside["x_floor"].samples] == [2.0] * 5
    alone = Entry("a table", "even", _contender([], "a"), {}, FIVE)
    row = measure({"a": alone}, "s")["a"]
    assert (row.rank, row.ratios, len(row.series.samples)) == (None, {}, 5)


def test_one_that_fails_has_no_rank() -> None:
    """The figures that it had before are of no use."""
    times = iter([1.0, 1.0, 1.0])
    floor = _contender([], "floor")
    bad = _contender([], "bad", lambda: next(times))
    rows = measure({"bad": _entry(bad, floor), "good": _entry(_contender([], "g"), floor)}, "s")
    assert rows["bad"].rank is None
    assert rows["good"].rank == 1


class _Item:
    """What tables need of a test."""

    def __init__(self, nodeid: str, group: str | None) -> None:
        self.nodeid = nodeid
        self.group = group

    def get_closest_marker(self, name: str) -> object:
        assert name == tables.MARK
        if self.group is None:
            return None
        entry = Entry(self.group, "run", _contender([], "x"), {}, FIVE)
        return pytest.Mark("contends", (), {"by": lambda: entry}, _ispytest=True)


def test_the_tests_of_a_table_come_together() -> None:
    """Where the first of them stands; what is in no table stays where it is."""
    items = [
        _Item(name, group)
        for name, group in zip("abcdef", ("t", None, "u", "t", "u", None), strict=True)
    ]
    ordered = tables.in_tables(items)  # type: ignore[arg-type]
    assert [item.nodeid for item in ordered] == [*"adbcef"]
