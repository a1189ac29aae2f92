"""Tests of the gate: a planted race shows in some order of its calls, a repaired twin in none.

The races do not sleep, and few plain runs show them, or none: PLAIN says in how many of 100, on a
machine with two processors.  FOUND_BY names the sweep that finds a race each time.  Where it is "",
no order of calls that is held once shows the race, and the module says why.
"""

import pytest

from tests.harness import Message, Outcome, call, run_trial, shared_trials, state
from tests.harness.behind_gate import needs_gate
from tests.scenarios import orders
from tests.selftest import races, reported
from tests.selftest.judged import caught_by, constant, modules_of
from tests.selftest.races import repaired

N, WORKERS = 30, 3
ALL = 10**7  # calls: so that all orders are tried
LIMIT = 300.0  # seconds: some twins have a thousand pairs of calls

RACES = modules_of(races)
# Of bugs that people have reported, those that show where two threads run at once.
BETWEEN_THREADS = ["lock_held_at_the_fork", "reaps_for_other_threads", "descriptors_closed_twice"]
MISSED = [name for name in RACES if not constant(name, "FOUND_BY")]


def _sweep(module: str, *kinds: str) -> Outcome:
    """Run *module* in the orders of these sweeps; skip where there is no gate."""
    scenario = call(
        orders.swept,
        n=N,
        workers=WORKERS,
        kinds=list(kinds),
        calls=ALL,
        bytecodes="bytecodes" in kinds,
    )
    outcome = run_trial(module, scenario, limit=LIMIT)
    needs_gate(outcome)
    assert {message["case"] for message in outcome.of("orders")} == set(kinds), outcome.faults
    return outcome


def _clause(order: Message) -> str:
    """Return the clause that what an order has led to fails, or ""."""
    if order["stuck"]:
        return "D4" if order["proven"] else "not proven"
    call_ = {"n": N, "workers": WORKERS} | order["outcome"]
    return "" if order["outcome"] and state(call_) == "exact" else "A6"


def _failures(outcome: Outcome) -> list[tuple[str, str]]:
    """Return the clause that fails, and the first order that shows it, for each failure."""
    found = [(_clause(order), order["order"]) for order in outcome.of("order")]
    return [(clause, order) for clause, order in found if clause]


@pytest.mark.parametrize("module", [name for name in RACES if name not in MISSED])
def test_a_race_is_found_and_its_order_replays(module: str) -> None:
    """Two sweeps find it in the same order first, and as what its module says."""
    kind = constant(module, "FOUND_BY")
    assert isinstance(kind, str)
    first, second = (_failures(_sweep(module, kind)) for _ in range(2))
    assert {clause for clause, _ in first} == caught_by(module)
    assert first[0] == second[0]


@pytest.mark.parametrize("name", BETWEEN_THREADS)
def test_a_race_is_found_between_two_threads(name: str) -> None:
    """Two sweeps find it: it does not depend on chance."""
    for _ in range(2):
        outcome = shared_trials.in_two_threads(f"{reported.__name__}.{name}")
        needs_gate(outcome)
        assert _failures(outcome)


@pytest.mark.parametrize("name", BETWEEN_THREADS)
def test_no_race_is_found_between_two_threads_of_a_repaired_twin(name: str) -> None:
    """A failure here is a false verdict of the gate."""
    outcome = shared_trials.in_two_threads(f"{reported.__name__}.repaired.{name}")
    needs_gate(outcome)
    assert not _failures(outcome), outcome.of("order", "story")
    assert not outcome.faults


@pytest.mark.parametrize("module", MISSED)
def test_a_race_that_one_held_call_does_not_show_is_said_to_be_missed(module: str) -> None:
    """As soon as the sweep finds it, its module has to say so."""
    assert not _failures(_sweep(module, "stalls"))


@pytest.mark.parametrize("module", modules_of(repaired))
def test_a_repaired_twin_is_exact_in_each_order(module: str) -> None:
    """A failure here is a false verdict of the gate."""
    outcome = _sweep(module, "stalls", "pairs")
    assert not _failures(outcome), outcome.of("order", "story")
    assert not outcome.faults


@pytest.mark.parametrize("module", modules_of(repaired))
def test_a_repaired_twin_is_exact_at_each_bytecode(module: str) -> None:
    """A failure here is a false verdict of the gate."""
    outcome = _sweep(module, "bytecodes")
    assert not _failures(outcome), outcome.of("order", "story")
    assert not outcome.faults


@pytest.mark.parametrize("module", modules_of(repaired))
def test_a_repaired_twin_has_a_race_to_look_like(module: str) -> None:
    """Both have the same name."""
    assert module.replace(".repaired", "") in RACES
