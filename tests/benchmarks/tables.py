"""Tables of contenders: the first test of a table measures all of them, and each tells its own.

A test of a table has a marker, `contends(by=function)`.  The function takes the parameters of the
test and returns its `Entry`: what is to be measured, in which table, and beside which floors.  All
tests of the table that were selected are measured together, in rounds: see
tests/benchmarks/rounds.py.  What the test itself does is to tell pytest-benchmark what was found,
or to raise the error that its contender has met.
"""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.benchmarks.intervals import Estimate, estimate, ranks
from tests.benchmarks.rounds import Budget, Prepare, Series, measured

MARK = "contends"
FLOOR = "x_floor"  # the ratio to the floor, where a table has one


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


def measure(entries: Mapping[str, Entry], seed: str) -> dict[str, Row]:
    """Measure *entries*, all of one table, with all that they are compared with; rank them.

    The floor is measured twice a round: what it differs from itself by is noise.
    """
    bases = dict(base for entry in entries.values() for base in entry.bases.values())
    floors = dict(entry.bases[FLOOR] for entry in entries.values() if FLOOR in entry.bases)
    contenders = {
        **{f"beside: {key}": prepare for key, prepare in bases.items()},
        **{f"again: {key}": prepare for key, prepare in floors.items()},
        **{name: entry.prepare for name, entry in entries.items()},
    }
    budget = next(iter(entries.values())).budget
    series = measured(contenders, budget, random.Random(seed))
    rows = {name: _row(entry, series[name], series) for name, entry in entries.items()}
    if (order := next(iter(entries.values())).order) is not None:
        _rank(rows, order)
    return rows


def _row(entry: Entry, mine: Series, series: Mapping[str, Series]) -> Row:
    row = Row(mine, {}, {})
    for name, (key, _) in entry.bases.items():
        row.beside[name] = base = series[f"beside: {key}"]
        if (found := _ratio(mine, base)) is not None:
            row.ratios[name] = found
        elif base.error is not None:
            row.missing[name] = str(base.error)
        if name == FLOOR:
            row.itself = _ratio(series[f"again: {key}"], base)
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
        self._seed = seed
        self._entries: dict[str, dict[str, Entry]] = {}
        self._group_of: dict[str, str] = {}
        self._rows: dict[str, dict[str, Row]] = {}
        for item in items:
            if (entry := entry_of(item)) is not None:
                self._entries.setdefault(entry.group, {})[item.nodeid] = entry
                self._group_of[item.nodeid] = entry.group

    def row(self, name: str) -> tuple[Entry, Row]:
        """Return what was found of the test *name*; measure its table if that was not done yet."""
        return self._entries[self._group_of[name]][name], self.rows(name)[name]

    def rows(self, name: str) -> dict[str, Row]:
        """Return what was found of all tests in the table of the test *name*, by their names."""
        group = self._group_of[name]
        if group not in self._rows:
            # By its name: the order in a table is the same whatever other tables are measured.
            self._rows[group] = measure(self._entries[group], f"{self._seed} {group}")
        return self._rows[group]


def in_tables(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return *items* with those of one table together, where the first of them stands."""
    place: dict[str, int] = {}
    of: dict[pytest.Item, int] = {}
    for number, item in enumerate(items):
        entry = entry_of(item)
        group = entry.group if entry is not None else item.nodeid
        of[item] = place.setdefault(group, number)
    return sorted(items, key=of.__getitem__)
