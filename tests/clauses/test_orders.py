"""Further orders of a run, behind the gate for system calls (tests.gate).

Both orders of each two calls that conflict; each bytecode of a worker that may be on shared memory;
and orders by priorities that are drawn from a seed.  All of this takes minutes, so it is left out
by default: `pytest -m exhaustive`.
"""

from collections.abc import Callable
from functools import cache

import pytest

from report.results import RecordProperty
from tests import harness
from tests.harness import Outcome, ordering, shared_trials
from tests.scenarios import orders

pytestmark = pytest.mark.exhaustive

N, WORKERS = 30, 3

_CALLS = 40_000  # in all runs of a sweep: of more orders, so many are tried, evenly spread
_LIMIT = 600.0  # seconds for a sweep, which usually takes some seconds
_EACH = 2.0  # seconds for a run, on a machine under load

Sweep = Callable[[str, pytest.Config], Outcome]


@cache
def _pairs(transport: str, _: pytest.Config) -> Outcome:
    scenario = harness.call(orders.swept, n=N, workers=WORKERS, kinds=["pairs"], calls=_CALLS)
    return harness.run_trial(transport, scenario, limit=_LIMIT)


@cache
def _bytecodes(transport: str, _: pytest.Config) -> Outcome:
    scenario = harness.call(
        orders.swept,
        n=N,
        workers=WORKERS,
        kinds=["bytecodes"],
        calls=_CALLS,
        bytecodes=True,
    )
    return harness.run_trial(transport, scenario, limit=_LIMIT)


@cache
def _drawn(transport: str, config: pytest.Config) -> Outcome:
    count, seed = config.option.drawn_orders, config.option.orders_seed
    scenario = harness.call(orders.drawn, n=N, workers=WORKERS, seed=seed, count=count)
    return harness.run_trial(transport, scenario, limit=_LIMIT + count * _EACH)


_IN_EACH = pytest.mark.parametrize("sweep", [_pairs, _bytecodes, _drawn])


@pytest.fixture
def outcome(
    sweep: Sweep, transport: str, order: str | None, pytestconfig: pytest.Config
) -> Outcome:
    """Return what has come of the orders of *sweep*, or of the one that was asked for."""
    if order:
        return shared_trials.in_orders(transport, order)
    return sweep(transport, pytestconfig)


@pytest.mark.clause("A6")
@_IN_EACH
def test_the_result_is_exact_in_further_orders(
    outcome: Outcome, record_property: RecordProperty
) -> None:
    """A6: in both orders of two calls, at each bytecode, and in orders that are drawn."""
    ordering.exact(ordering.gated(outcome, record_property, "A6"))


@pytest.mark.clause("D4")
@_IN_EACH
def test_no_processes_wait_for_each_other_in_further_orders(
    outcome: Outcome, record_property: RecordProperty
) -> None:
    """D4: in both orders of two calls, at each bytecode, and in orders that are drawn."""
    ordering.ends(ordering.gated(outcome, record_property, "D4"))


@pytest.mark.clause("B1")
@_IN_EACH
def test_no_process_lives_on_in_further_orders(
    outcome: Outcome, record_property: RecordProperty
) -> None:
    """B1: in both orders of two calls, at each bytecode, and in orders that are drawn."""
    ordering.nothing_lives(ordering.gated(outcome, record_property, "B1"))
