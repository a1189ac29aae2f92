"""H. Arguments: invalid arguments are refused before anything is created."""

import pytest

from tests import harness
from tests.harness import checks
from tests.scenarios import basics


def _refused(transport: str, kind: str) -> None:
    outcome = checks.finished(harness.run_trial(transport, harness.call(basics.arguments)))
    numbers = {str(n) for n in range(-9, 10)}
    mine = [
        message
        for message in outcome.of("outcome", "made")
        if ({message["n"], message["workers"]} <= numbers) == (kind == "ValueError")
    ]
    calls = [message for message in mine if message["kind"] == "outcome"]
    assert calls
    for made in (message for message in mine if message["kind"] == "made"):
        shown = f"for run({made['n']}, {made['workers']})"
        assert made["births"] == 0, f"{shown} a process was forked"
        assert not made["new"], f"{shown} there is {made['new']}"
    for call in calls:
        given = [v for v in (call["n"], call["workers"]) if v != "2"]
        shown = f"run({call['n']}, {call['workers']}): {call.get('error')}: {call.get('text')}"
        assert kind in call.get("mro", []), shown
        assert any(value in call["text"] for value in given), f"what was given? {shown}"


@pytest.mark.clause("H1")
def test_numbers_out_of_range_are_a_value_error(transport: str) -> None:
    """H1: n < 0 or workers < 1; the message has the value."""
    _refused(transport, "ValueError")


@pytest.mark.clause("H2")
def test_what_is_no_int_is_a_type_error(transport: str) -> None:
    """H2: bool, float, str, None and others; the message has the value."""
    _refused(transport, "TypeError")
