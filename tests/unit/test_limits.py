"""Limits of time: they are stretched where the processors are busy, and only there."""

import pytest

from tests.harness import limits
from tests.system import pace
from tests.system.deadline import Deadline


class Clock:
    """A clock, and how slow the machine is; a test sets both."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        self.slowed = 1.0
        monkeypatch.setattr("tests.system.deadline.time.monotonic", lambda: self.now)
        monkeypatch.setattr("tests.system.deadline.slowed", lambda: self.slowed)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock."""
    return Clock(monkeypatch)


def test_a_limit_is_over_when_its_time_is(clock: Clock) -> None:
    """On an idle machine."""
    deadline = Deadline(20)
    clock.now += 19.9
    assert not deadline.is_over()
    clock.now += 0.2
    assert deadline.is_over()
    assert deadline.stretched == 1


def test_a_limit_is_stretched_by_how_slow_the_machine_is(clock: Clock) -> None:
    """Tenfold at most: a hang has to end."""
    deadline = Deadline(20)
    clock.now, clock.slowed = clock.now + 30, 3.0
    assert not deadline.is_over()
    assert deadline.stretched == 3
    clock.now += 29
    assert not deadline.is_over()
    clock.now, clock.slowed = clock.now + 2, 50.0
    assert not deadline.is_over()
    clock.now += 140
    assert deadline.is_over()
    assert deadline.stretched == 10


def test_a_limit_is_not_stretched_for_what_needs_no_processor(clock: Clock) -> None:
    """All of its processes wait."""
    deadline = Deadline(20)
    clock.now, clock.slowed = clock.now + 21, 5.0
    assert deadline.is_over(idle=True)


def test_an_error_may_be_as_late_as_the_machine_is_slow() -> None:
    """By what the caller has measured after it."""
    assert limits.in_time({}, 1.0)
    assert not limits.in_time({}, 1.1)
    assert limits.in_time({"slowed": 3.0}, 2.9)
    assert not limits.in_time({"slowed": 3.0}, 3.1)
    assert not limits.in_time({"slowed": 30.0}, 11.0)


def test_how_slow_a_machine_is_counts_the_processes_that_compute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A piece of computing that took four times its CPU time; or the load of the last minute."""
    times = iter([0.0, 0.024])
    used = iter([0.0, 0.006])
    monkeypatch.setattr("tests.system.pace.time.monotonic", lambda: next(times))
    monkeypatch.setattr("tests.system.pace.time.process_time", lambda: next(used))
    monkeypatch.setattr("tests.system.pace.os.getloadavg", lambda: (0.0, 0.0, 0.0))
    assert pace.slowed() == pytest.approx(4.0)
    times, used = iter([0.0, 0.006]), iter([0.0, 0.006])
    monkeypatch.setattr("tests.system.pace.os.getloadavg", lambda: (12.0, 0.0, 0.0))
    monkeypatch.setattr("tests.system.pace.os.cpu_count", lambda: 2)
    assert pace.slowed() == pytest.approx(6.0)
