"""Something befalls a process at each system call of a run: it is killed, or the call fails.

The caller and all others are struck in turn, by the gate for system calls (tests.gate), in two
orders of the calls.  All of this takes minutes, so it is left out by default: `pytest -m
exhaustive`.
"""

from functools import cache

import pytest

from report.results import RecordProperty
from tests import harness
from tests.harness import Outcome, checks, random_strikes, striking
from tests.harness.striking import Judge
from tests.scenarios import faults

pytestmark = pytest.mark.exhaustive

N, WORKERS = 100, 2
TIMES = 200  # random moments for signals, on machines where there is no gate
SEED = 20


@cache
def _workers_killed(transport: str) -> Outcome:
    return striking.sweep(transport, "killed", caller=False)


def _end_the_caller(
    record_property: RecordProperty, transport: str, clause: str, kind: str, *signals: str
) -> None:
    outcome = striking.sweep(transport, kind, caller=True)
    if not (reason := striking.ungated(outcome)):
        _judge(record_property, clause, outcome, striking.end_of_the_caller)
        return
    with random_strikes.ForkServer(transport, N, WORKERS) as server:
        seen = random_strikes.random_kills(server, signals, TIMES, SEED)
    record_property(clause, f"{seen}, at random times: {reason}")
    checks.no_point_wrong(seen)


def _judge(record_property: RecordProperty, clause: str, outcome: Outcome, judge: Judge) -> None:
    """Fail unless nothing is left, and *judge* finds nothing wrong."""
    whole = striking.first_of(judge, striking.left(outcome))
    striking.judged(outcome, record_property, clause, whole)


@pytest.mark.clause("B2")
def test_nothing_is_left_of_a_caller_interrupted_at_any_system_call(
    transport: str, record_property: RecordProperty
) -> None:
    """B2: SIGINT and SIGTERM; each still has its usual effect."""
    _end_the_caller(record_property, transport, "B2", "interrupted", "SIGINT", "SIGTERM")


@pytest.mark.clause("B3")
def test_nothing_is_left_of_a_caller_killed_at_any_system_call(
    transport: str, record_property: RecordProperty
) -> None:
    """B3: SIGKILL."""
    _end_the_caller(record_property, transport, "B3", "killed", "SIGKILL")


@pytest.mark.clause("A3")
def test_a_worker_killed_at_any_system_call_gives_no_wrong_result(
    transport: str, record_property: RecordProperty
) -> None:
    """A3: the run raises an error within a second or is exact, and nothing is left."""
    outcome = _workers_killed(transport)
    if not (reason := striking.ungated(outcome)):
        _judge(record_property, "A3", outcome, striking.all_or_error)
        return
    outcome = harness.run_trial(
        transport,
        harness.call(faults.random_kills, seed=SEED, times=TIMES, workers=WORKERS),
        limit=TIMES * 1.0,
    )
    record_property("A3", f"{TIMES} points at random times: {reason}")
    checks.all_error(checks.nothing_left(outcome).calls(), or_exact=True)


@pytest.mark.clause("C9")
def test_a_worker_killed_at_any_system_call_is_named(
    transport: str, record_property: RecordProperty
) -> None:
    """C9: where the run raises an error, it has the pid, and SIGKILL or its number."""
    outcome = _workers_killed(transport)
    _skip_ungated(outcome)
    striking.judged(outcome, record_property, "C9", striking.names_the_killed)


@pytest.mark.clause("F1")
def test_any_system_call_of_the_caller_may_fail(
    transport: str, record_property: RecordProperty
) -> None:
    """F1: once or from then on; the run raises an OSError or is exact, and nothing is left."""
    outcome = striking.sweep(transport, "refused", caller=True)
    _skip_ungated(outcome)
    _judge(record_property, "F1", outcome, striking.refusal)


@pytest.mark.clause("F1")
def test_any_system_call_of_a_worker_may_fail(
    transport: str, record_property: RecordProperty
) -> None:
    """F1: the run raises an error or is exact, and nothing is left."""
    outcome = striking.sweep(transport, "refused", caller=False)
    _skip_ungated(outcome)
    _judge(record_property, "F1", outcome, striking.refusal)


def _skip_ungated(outcome: Outcome) -> None:
    if reason := striking.ungated(outcome):
        pytest.skip(f"no gate for system calls: {reason}")
