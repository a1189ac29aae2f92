"""D. Progress, when workers are slow."""

import pytest

from tests import harness
from tests.harness import checks, shared_trials


@pytest.mark.clause("D3")
def test_a_timeout_bounds_a_run(transport: str) -> None:
    """D3: TimeoutError within a second of it, and nothing is left; bad ones are refused."""
    seconds = 0.2
    n = shared_trials.terms(transport, "work")
    outcome = checks.clean(harness.trial(transport, "surroundings.timed", n=n, seconds=seconds))
    if outcome.of("untimed"):
        pytest.skip("its run takes no timeout")
    calls = outcome.calls()
    checks.all_exact(call for call in calls if call["case"] == "ample")
    for call in calls:
        shown = f"{call['case']}: {call.get('error')} {call.get('text')} {call['seconds']:.2f} s"
        if call["case"] == "passed":
            assert "TimeoutError" in call.get("mro", []), shown
            assert call["seconds"] < seconds + checks.SECOND, shown
        elif call["case"] == "bad":
            assert {"ValueError", "TypeError"} & set(call.get("mro", [])), shown
            assert call["forks"] == 0, shown


@pytest.fixture(scope="session")
def slow(request: pytest.FixtureRequest) -> dict[str, harness.Outcome]:
    """Let a run of each transport that is to be tested wait for the same slow workers."""
    return shared_trials.slow(shared_trials.asked(request, "slow"), seconds=60)


@pytest.mark.exhaustive
@pytest.mark.clause("D3")
def test_a_slow_worker_is_waited_for(transport: str, slow: dict[str, harness.Outcome]) -> None:
    """D3: a minute, longer than any limit that one would think of by mistake."""
    outcome = checks.sound(slow[transport])
    checks.all_exact(outcome.calls())
    assert outcome.calls()[0]["seconds"] > 60
