"""Something befalls a process at each system call of a run: it is killed, or the call fails.

The gate for system calls (tests.gate) strikes the caller and all others in turn, in two orders of
their calls.  All of this takes minutes, so it is left out by default: `pytest -m exhaustive`.
"""

from functools import cache

import pytest

from report.results import RecordProperty
from tests import harness
from tests.harness import Outcome, checks, random_strikes, striking
from tests.harness.behind_gate import needs_gate, ungated
from tests.harness.striking import WORKERS, N
from tests.scenarios import faults

pytestmark = pytest.mark.exhaustive

TIMES = 200  # random moments for signals, on machines where there is no gate
SEED = 20
CALLS_IN_STALLS = 5_000  # that may go on: there are too many points to try all


@cache
def _workers_killed(transport: str, order: str | None) -> Outcome:
    return striking.sweep(transport, "killed", caller=False, order=order)


def _end_the_caller(
    record_property: RecordProperty,
    transport: str,
    clause: str,
    kind: str,
    *signals: str,
    order: str | None,
) -> None:
    """Send the caller *signals* at each of its calls; at random times where there is no gate."""
    outcome = striking.sweep(transport, kind, caller=True, order=order)
    if not (reason := ungated(outcome)):
        striking.judge_sweep(
            transport, record_property, clause, outcome, striking.end_of_the_caller
        )
        return
    with random_strikes.ForkServer(transport, N, WORKERS) as server:
        seen = random_strikes.random_kills(server, signals, TIMES, SEED)
    record_property(clause, f"{seen}, at random times: {reason}")
    checks.no_point_wrong(seen)


@pytest.mark.clause("B2")
def test_nothing_is_left_of_a_caller_interrupted_at_any_system_call(
    transport: str, record_property: RecordProperty, order: str | None
) -> None:
    """B2: SIGINT and SIGTERM; each still has its usual effect."""
    signals = "SIGINT", "SIGTERM"
    _end_the_caller(record_property, transport, "B2", "interrupted", *signals, order=order)


@pytest.mark.clause("B3")
def test_nothing_is_left_of_a_caller_killed_at_any_system_call(
    transport: str, record_property: RecordProperty, order: str | None
) -> None:
    """B3: SIGKILL."""
    _end_the_caller(record_property, transport, "B3", "killed", "SIGKILL", order=order)


@pytest.mark.clause("B3")
def test_nothing_is_left_of_a_caller_killed_with_a_worker_at_any_system_call(
    transport: str, record_property: RecordProperty, order: str | None
) -> None:
    """B3: both by SIGKILL, at each call of either."""
    outcome = striking.sweep(transport, "two killed", caller=True, order=order)
    striking.judge_sweep(transport, record_property, "B3", outcome, striking.end_of_the_caller)


@pytest.mark.clause("A3")
def test_a_worker_killed_at_any_system_call_gives_no_wrong_result(
    transport: str, record_property: RecordProperty, order: str | None
) -> None:
    """A3: the run raises an error within a second or is exact, and nothing is left."""
    outcome = _workers_killed(transport, order)
    if not (reason := ungated(outcome)):
        striking.judge_sweep(transport, record_property, "A3", outcome, striking.all_or_error)
        return
    outcome = harness.run_trial(
        transport,
        harness.call(faults.random_kills, seed=SEED, times=TIMES, workers=WORKERS),
        limit=TIMES * 1.0,
    )
    record_property("A3", f"{TIMES} points at random times: {reason}")
    checks.all_error(checks.nothing_left(outcome).calls(), or_exact=True)


@pytest.mark.clause("A3")
def test_a_worker_killed_in_any_order_of_system_calls_gives_no_wrong_result(
    transport: str, record_property: RecordProperty, order: str | None
) -> None:
    """A3: at its own call that was held, or at another one, as in the orders of A6."""
    outcome = striking.sweep(
        transport, "killed in stalls", caller=False, order=order, calls=CALLS_IN_STALLS
    )
    striking.judge_sweep(transport, record_property, "A3", outcome, striking.all_or_error)


@pytest.mark.clause("C9")
def test_a_worker_killed_at_any_system_call_is_named(
    transport: str, record_property: RecordProperty, order: str | None
) -> None:
    """C9: where the run raises an error, it has the pid, and SIGKILL or its number."""
    outcome = _workers_killed(transport, order)
    needs_gate(outcome)
    striking.judged(outcome, record_property, "C9", striking.names_the_killed)


@pytest.mark.clause("C10")
def test_two_workers_killed_at_once_at_any_system_call_are_an_error(
    transport: str, record_property: RecordProperty, order: str | None
) -> None:
    """C10: or the exact result; one of them may be a helper, and nothing is left."""
    outcome = striking.sweep(transport, "two killed", caller=False, order=order)
    striking.judge_sweep(transport, record_property, "C10", outcome, striking.all_or_error)


@pytest.mark.clause("F1")
def test_any_system_call_of_the_caller_may_fail(
    transport: str, record_property: RecordProperty, order: str | None
) -> None:
    """F1: once or from then on; the run raises an OSError or is exact, and nothing is left."""
    outcome = striking.sweep(transport, "refused", caller=True, order=order)
    striking.judge_sweep(transport, record_property, "F1", outcome, striking.refusal)


@pytest.mark.clause("F1")
def test_any_system_call_of_a_worker_may_fail(
    transport: str, record_property: RecordProperty, order: str | None
) -> None:
    """F1: those of memory too; the run raises an error or is exact, and nothing is left."""
    outcome = striking.sweep(transport, "refused", caller=False, order=order)
    striking.judge_sweep(transport, record_property, "F1", outcome, striking.refusal)
