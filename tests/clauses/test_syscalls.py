"""Fault injection at every system call of a run, in its caller and in its workers.

At each call the caller is ended, or a worker is, or the call fails.  All of this takes minutes, so
it is left out by default: `pytest -m exhaustive`.
"""

from collections.abc import Callable, Iterator

import pytest

from report.results import RecordProperty
from tests import harness
from tests.harness import checks, syscall_sweep, tracer
from tests.scenarios import faults

pytestmark = pytest.mark.exhaustive

N, WORKERS = 100, 2
TIMES = 200  # random moments for signals, on machines where nothing can be traced
SEED = 20

Points = Callable[[syscall_sweep.ForkServer, int], Iterator[tuple[syscall_sweep.Point, str]]]


def _sweep(
    record_property: RecordProperty,
    transport: str,
    clause: str,
    points: Points,
    *,
    caller: bool,
    signals: str = "",
) -> None:
    """Inject a fault at all *points* of the caller, or of each of its children.

    signals: those to send, with spaces between; "" for all faults that *points* yields.
    """
    if (reason := tracer.untraceable()) is not None:
        pytest.skip(reason)
    seen = syscall_sweep.Sweep()
    with syscall_sweep.ForkServer(transport, N, WORKERS) as server:
        for who in [0] if caller else range(1, server.children + 1):
            chosen = (
                p for p in points(server, who) if not signals or p[0].fault in signals.split()
            )
            seen += syscall_sweep.sweep(server, chosen)
    record_property(clause, str(seen))
    checks.no_point_wrong(seen)


def _end_the_caller(
    record_property: RecordProperty, transport: str, clause: str, signals: str
) -> None:
    if (reason := tracer.untraceable()) is None:
        _sweep(
            record_property,
            transport,
            clause,
            syscall_sweep.kill_points,
            caller=True,
            signals=signals,
        )
        return
    with syscall_sweep.ForkServer(transport, N, WORKERS) as server:
        seen = syscall_sweep.random_kills(server, signals.split(), TIMES, SEED)
    record_property(clause, f"{seen}, at random times: {reason}")
    checks.no_point_wrong(seen)


@pytest.mark.clause("B2")
def test_nothing_is_left_of_a_caller_interrupted_at_any_system_call(
    transport: str, record_property: RecordProperty
) -> None:
    """B2: SIGINT and SIGTERM; each still has its usual effect."""
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
    """A3: the run raises an error within a second or is exact, and nothing is left."""
    if (reason := tracer.untraceable()) is None:
        _sweep(record_property, transport, "A3", syscall_sweep.kill_points, caller=False)
        return
    outcome = harness.run_trial(
        transport,
        harness.call(faults.random_kills, seed=SEED, times=TIMES, workers=WORKERS),
        limit=TIMES * 1.0,
    )
    record_property("A3", f"{TIMES} points at random times: {reason}")
    checks.all_error(checks.nothing_left(outcome).calls(), or_exact=True)


@pytest.mark.clause("F1")
def test_any_system_call_of_the_caller_may_fail(
    transport: str, record_property: RecordProperty
) -> None:
    """F1: once or from then on; the run raises an OSError or is exact, and nothing is left."""
    _sweep(record_property, transport, "F1", syscall_sweep.fault_points, caller=True)


@pytest.mark.clause("F1")
def test_any_system_call_of_a_worker_may_fail(
    transport: str, record_property: RecordProperty
) -> None:
    """F1: the run raises an error or is exact, and nothing is left."""
    _sweep(record_property, transport, "F1", syscall_sweep.fault_points, caller=False)
