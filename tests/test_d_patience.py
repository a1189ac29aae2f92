"""D. Progress, when workers are slow."""

import pytest

from tests import judge, lab


@pytest.mark.clause("D3")
def test_a_timeout_bounds_a_run(transport: str) -> None:
    """D3: TimeoutError within a second of it, and nothing is left; bad ones are refused."""
    seconds = 0.2
    outcome = judge.clean(lab.trial(transport, "undisturbed.timed", seconds=seconds))
    if outcome.of("untimed"):
        pytest.skip("its run takes no timeout")
    calls = outcome.calls()
    judge.all_exact(call for call in calls if call["case"] == "ample")
    for call in calls:
        shown = f"{call['case']}: {call.get('error')} {call.get('text')} {call['seconds']:.2f} s"
        if call["case"] == "passed":
            assert "TimeoutError" in call.get("mro", []), shown
            assert call["seconds"] < seconds + judge.SECOND, shown
        elif call["case"] == "bad":
            assert {"ValueError", "TypeError"} & set(call.get("mro", [])), shown
            assert call["forks"] == 0, shown


@pytest.mark.exhaustive
@pytest.mark.clause("D3")
def test_a_slow_worker_is_waited_for(transport: str) -> None:
    """D3: 12 s, longer than any limit that one would think of by mistake."""
    outcome = judge.sound(lab.trial(transport, "undisturbed.slow", seconds=12, limit=40))
    judge.all_exact(outcome.calls())
