"""Tables of contenders: all are measured before the first test, and each test tells its own.

A test of a table has a marker, `contends(by=function)`.  The function takes the parameters of the
test and returns its `Entry`: what is to be measured, in which table, and beside which floors.  All
tests of a table that were selected are measured together, in rounds: see
tests/benchmarks/rounds.py.  What the test itself does is to tell pytest-benchmark what was found,
or to raise the error that its contender has met.
"""

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.benchmarks.intervals import Estimate, estimate, ranks
from tests.benchmarks.rounds import Budget, Prepare, Rounds, Series, middle

MARK = "contends"
FLOOR = "x_floor"  # the ratio to the floor, where a table has one
VISITS = 10  # to each table: as many as one of messages has rounds, about
_SHORT = 10.0  # seconds of which nothing needs to be told


@dataclass(frozen=True)
class Entry:
    """A contender, and the table in which it stands.

    group: the title of the table.
    prepare: what is measured.
    bases: what it is compared with, by the name that the ratio has in extra_info: a key, which is
        the same in all entries that mean the same, and what is measured for it.  The first one is
        that by which the table is ordered; without one it has no ranks.
    kind: what the table is of: "run", "redis" (of runs beside Redis), "worker" and "term" (of the
        cost of one), "latency", "stream", "load" (latency under load) or "even" (break-even).
    info: further figures for extra_info.
    """

    group: str
    kind: str
    prepare: Prepare
    bases: Mapping[str, tuple[str, Prepare]]
    budget: Budget
    info: Mapping[str, Any] = field(default_factory=dict)

    @property
    def order(self) -> str | None:
        """The name of the ratio by which the table is ordered, if it is."""
        return next(iter(self.bases), None)


@dataclass
class Row:
    """What was found of a contender: its series, its ratios by their names, and its rank.

    missing: why there is no ratio, by its name.
    beside: what it was compared with, by the name of the ratio.
    itself: the ratio of a second measurement of the floor to the first.
    no_order: what a test is to skip with, since the machine has nothing to order its table by.
    """

    series: Series
    ratios: dict[str, Estimate]
    missing: dict[str, str]
    beside: dict[str, Series] = field(default_factory=dict)
    itself: Estimate | None = None
    no_order: BaseException | None = None
    rank: int | None = None


def entry_of(item: pytest.Item) -> Entry | None:
    """Return the entry of a test, or None if it stands in no table."""
    mark = item.get_closest_marker(MARK)
    if mark is None:
        return None
    callspec = getattr(item, "callspec", None)
    by: Callable[..., Entry] = mark.kwargs["by"]
    return by(**(callspec.params if callspec else {}))


class Table:
    """The contenders of a table, measured together with all that they are compared with.

    The floor is measured several times a round, and the middle one counts: it is in all ratios, so
    what happens by chance to one measurement of it would move them all.  It is measured once more:
    what that differs by is noise.

    entries: by the names of their tests.
    seed: of the order of the rounds.
    """

    def __init__(self, entries: Mapping[str, Entry], seed: str) -> None:
        self._entries = entries
        first = next(iter(entries.values()))
        self._order, budget = first.order, first.budget
        bases = [base for entry in entries.values() for base in entry.bases.items()]
        self._times = {key: budget.floors if ratio == FLOOR else 1 for ratio, (key, _) in bases}
        contenders = {
            **{
                _beside(key, turn): prepare
                for _, (key, prepare) in bases
                for turn in range(self._times[key])
            },
            **{_again(key): prepare for ratio, (key, prepare) in bases if ratio == FLOOR},
            **{name: entry.prepare for name, entry in entries.items()},
        }
        # Without them all tests of the table are skipped: see Row.no_order.
        needed = {
            _beside(key, 0) for ratio, (key, _) in bases if ratio == self._order and ratio != FLOOR
        }
        self._rounds = Rounds(contenders, budget, random.Random(seed), needed)

    def visit(self, part: float = 1.0) -> None:
        """Measure on until that part of the budget is used."""
        self._rounds.visit(part)

    def rows(self) -> dict[str, Row]:
        """Return what was found of each test, by its name, with its rank."""
        series = self._rounds.series
        beside = {
            key: _middle([series[_beside(key, turn)] for turn in range(times)])
            for key, times in self._times.items()
        }
        rows = {
            name: _row(entry, series[name], series, beside) for name, entry in self._entries.items()
        }
        if self._order is not None:
            _rank(rows, self._order)
        return rows


def _beside(key: str, turn: int) -> str:
    return f"beside: {key}, {turn}"


def _again(key: str) -> str:
    return f"again: {key}"


def _middle(several: Sequence[Series]) -> Series:
    """Return the series of the middle measurement of each round."""
    rounds = zip(*(series.samples for series in several), strict=False)  # one may have ended early
    samples = [middle(each) for each in rounds]
    return Series(samples, next((series.error for series in several if series.error), None))


def _row(
    entry: Entry, mine: Series, series: Mapping[str, Series], beside: Mapping[str, Series]
) -> Row:
    row = Row(mine, {}, {})
    for name, (key, _) in entry.bases.items():
        row.beside[name] = base = beside[key]
        if (found := _ratio(mine, base)) is not None:
            row.ratios[name] = found
        elif base.error is not None:
            row.missing[name] = str(base.error)
        if name == FLOOR:
            row.itself = _ratio(series[_again(key)], base)
        elif name == entry.order and isinstance(base.error, pytest.skip.Exception):
            row.no_order = base.error
    return row


def _ratio(ours: Series, theirs: Series) -> Estimate | None:
    """Return the ratio of two series, each measurement to that of the same round."""
    pairs = zip(ours.samples, theirs.samples, strict=False)  # one may have ended early
    ratios = [mine.seconds / other.seconds for mine, other in pairs]
    return estimate(ratios) if ratios else None


def _rank(rows: Mapping[str, Row], order: str) -> None:
    """Give *rows* that have the ratio *order*, and did not fail, their ranks by it."""
    good = [row for row in rows.values() if row.series.error is None and order in row.ratios]
    for row, rank in zip(good, ranks([row.ratios[order] for row in good]), strict=True):
        row.rank = rank


class Tables:
    """The tables of a session: which tests stand in each, and what was found."""

    def __init__(self, items: Iterable[pytest.Item], seed: int) -> None:
        """Learn which tests were selected.

        seed: of the order of the rounds.
        """
        entries: dict[str, dict[str, Entry]] = {}
        self._group_of: dict[str, str] = {}
        for item in items:
            if (entry := entry_of(item)) is not None:
                entries.setdefault(entry.group, {})[item.nodeid] = entry
                self._group_of[item.nodeid] = entry.group
        self._entries = entries
        # By its name: the order in a table is the same whatever other tables are measured.
        self._tables = {group: Table(each, f"{seed} {group}") for group, each in entries.items()}
        self._rows: dict[str, dict[str, Row]] = {}

    def measure(self, tell: Callable[[str], None]) -> None:
        """Measure all tables; *tell* how far it is, in a line after each visit to all of them."""
        begun = time.monotonic()
        for number in range(1, VISITS + 1):
            for table in self._tables.values():
                table.visit(number / VISITS)
            # Of all parts so far: a slow table is not measured in each.
            left = (time.monotonic() - begun) / number * (VISITS - number)
            if left > _SHORT:
                # The first part takes longer than the others: it warms up.
                soon = f"; {_minutes(left)} left" if number > 1 else ""
                tell(f"measured {number} of {VISITS} parts of each table{soon}")

    def row(self, name: str) -> tuple[Entry, Row]:
        """Return what was found of the test *name*."""
        return self._entries[self._group_of[name]][name], self.rows(name)[name]

    def rows(self, name: str) -> dict[str, Row]:
        """Return what was found of all tests in the table of the test *name*, by their names."""
        group = self._group_of[name]
        if group not in self._rows:
            self._rows[group] = self._tables[group].rows()
        return self._rows[group]


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def in_tables(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return *items* with those of one table together, where the first of them stands."""
    place: dict[str, int] = {}
    of: dict[pytest.Item, int] = {}
    for number, item in enumerate(items):
        entry = entry_of(item)
        group = entry.group if entry is not None else item.nodeid
        of[item] = place.setdefault(group, number)
    return sorted(items, key=of.__getitem__)
