"""Every system call of a run, its caller's and its workers', as a point to strike at.

The caller is ended there, or a worker is, or the call fails.  Minutes long in all, so left
out by default: `pytest -m exhaustive`.
"""

from collections.abc import Callable, Iterator

import pytest

from report.results import RecordProperty
from tests import harness
from tests.harness import checks, syscall_sweep

pytestmark = pytest.mark.exhaustive

N, WORKERS = 100, 2
TIMES = 200  # random moments, where nothing can be traced
SEED = 20

Points = Callable[[syscall_sweep.Nursery, int], Iterator[tuple[syscall_sweep.Point, str]]]


def _sweep(
    record_property: RecordProperty,
    transport: str,
    clause: str,
    points: Points,
    *,
    caller: bool,
    hows: str = "",
) -> None:
    """Strike at all *points* of the caller, or of each of its children."""
    if (reason := syscall_sweep.untraceable()) is not None:
        pytest.skip(reason)
    seen = syscall_sweep.Sweep()
    with syscall_sweep.Nursery(transport, N, WORKERS) as nursery:
        for who in [0] if caller else range(1, nursery.children + 1):
            chosen = (p for p in points(nursery, who) if not hows or p[0].how in hows.split())
            seen += syscall_sweep.sweep(nursery, chosen)
    record_property(clause, str(seen))
    checks.swept(seen)


def _end_the_caller(
    record_property: RecordProperty, transport: str, clause: str, hows: str
) -> None:
    if (reason := syscall_sweep.untraceable()) is None:
        _sweep(
            record_property, transport, clause, syscall_sweep.kill_points, caller=True, hows=hows
        )
        return
    with syscall_sweep.Nursery(transport, N, WORKERS) as nursery:
        seen = syscall_sweep.rain(nursery, hows.split(), TIMES, SEED)
    record_property(clause, f"{seen}, at random times: {reason}")
    checks.swept(seen)


@pytest.mark.clause("B2")
def test_nothing_is_left_of_a_caller_interrupted_at_any_system_call(
    transport: str, record_property: RecordProperty
) -> None:
    """B2: SIGINT and SIGTERM, and each keeps its own effect."""
    _end_the_caller(record_property, transport, "B2", "SIGINT SIGTERM")


@pytest.mark.clause("B3")
def test_nothing_is_left_of_a_caller_killed_at_any_system_call(
    transport: str, record_property: RecordProperty
) -> None:
    """B3: SIGKILL."""
    _end_the_caller(record_property, transport, "B3", "SIGKILL")


@pytest.mark.clause("A3")
def test_a_worker_killed_at_any_system_call_gives_no_wrong_result(
    transport: str, record_property: RecordProperty
) -> None:
    """A3: an error within a second or the exact result; and nothing is left."""
    if (reason := syscall_sweep.untraceable()) is None:
        _sweep(record_property, transport, "A3", syscall_sweep.kill_points, caller=False)
        return
    outcome = harness.trial(
        transport, "rained", seed=SEED, times=TIMES, workers=WORKERS, limit=TIMES * 1.0
    )
    record_property("A3", f"{TIMES} points at random times: {reason}")
    checks.all_error(checks.clean(outcome).calls(), or_exact=True)


@pytest.mark.clause("F1")
def test_any_system_call_of_the_caller_may_fail(
    transport: str, record_property: RecordProperty
) -> None:
    """F1: once, and from then on: an OSError or the exact result; and nothing is left."""
    _sweep(record_property, transport, "F1", syscall_sweep.fault_points, caller=True)


@pytest.mark.clause("F1")
def test_any_system_call_of_a_worker_may_fail(
    transport: str, record_property: RecordProperty
) -> None:
    """F1: an error or the exact result; and nothing is left."""
    _sweep(record_property, transport, "F1", syscall_sweep.fault_points, caller=False)
