"""Processes that live on: their own load stretches no limit, that of others does."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from tests.harness.chance import Chance
from tests.system import deadline
from tests.system.deadline import Deadline
from tests.system.processes import Stat

TICKS = 100  # of the CPU time in the files of /proc, for each second


def _stat(pid: int, state: str, ticks: int) -> Stat:
    return Stat(pid, state, 1, 1, ticks, 0, 0, 0)


def _world(stats: Callable[[], list[Stat]]) -> Any:
    return SimpleNamespace(stats=stats)


def _over_for(monkeypatch: pytest.MonkeyPatch, state: str, ticks: int) -> bool:
    """Return whether the limit is over for one that has used so many ticks more, at a load of 4."""
    monkeypatch.setattr("tests.system.processes.TICKS", TICKS)
    monkeypatch.setattr(deadline, "slowed", lambda: 4.0)
    shown: dict[str, Any] = {"stats": [_stat(7, "R", 1000)]}
    chance = Chance(_world(lambda: shown["stats"]))
    shown["stats"] = [_stat(7, state, 1000 + ticks)]
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr("tests.system.deadline.time.monotonic", lambda: clock.now)
    limit = Deadline(2.0)
    clock.now = 1.9
    assert not chance.is_over(limit, [7])
    clock.now = 2.1
    return chance.is_over(limit, [7])


@pytest.mark.parametrize(
    ("state", "ticks", "over"),
    [("R", 60, True), ("R", 10, False), ("D", 10, False), ("S", 0, True), ("T", 0, True)],
)
def test_one_that_computes_has_to_have_had_a_processor(
    monkeypatch: pytest.MonkeyPatch, state: str, ticks: int, over: bool
) -> None:
    """For half a second; one that sleeps does not wait for a processor."""
    assert _over_for(monkeypatch, state, ticks) == over


def test_where_nothing_is_seen_the_load_counts() -> None:
    """As on macOS, which has no /proc."""
    chance = Chance(_world(list))
    assert not chance.had_by([7])
    assert chance.had_by([])
