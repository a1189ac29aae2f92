"""Tests of the sweeps that strike at each system call: a planted defect shows, a control does not.

`pytest -m exhaustive` runs these sweeps on a transport; here one module is enough for each verdict.
"""

import pytest

from tests.harness import Outcome, striking
from tests.harness.behind_gate import needs_gate
from tests.harness.striking import Judge

HONEST = "tests.selftest.defects.honest"


def _wrong(module: str, kind: str, judge: Judge, *, caller: bool) -> str:
    """Return the failure of a sweep, or ""."""
    outcome: Outcome = striking.sweep(module, kind, caller=caller)
    needs_gate(outcome)
    whole = striking.first_of(judge, striking.left(outcome))
    try:
        striking.judged(outcome, lambda clause, text: None, "A3", whole)
    except pytest.fail.Exception as failed:
        return str(failed)
    return ""


@pytest.mark.parametrize(
    ("module", "kind", "caller", "judge", "due"),
    [
        ("partial_on_death", "killed", False, striking.all_or_error, "WRONG: returned"),
        ("nan_on_death", "killed", False, striking.all_or_error, "WRONG: returned nan"),
        ("nameless", "killed", False, striking.names_the_killed, "none of the pids"),
        ("waits_for_the_dead", "killed", False, striking.all_or_error, "HANG: they wait"),
        ("lock_at_the_pipe", "killed, while others wait", False, striking.all_or_error, "HANG: "),
        ("finally_only", "killed", True, striking.end_of_the_caller, "LEAK: "),
        ("unblocked_clean_up", "interrupted", True, striking.end_of_the_caller, "LEAK: "),
        ("swallows_interrupts", "interrupted", True, striking.end_of_the_caller, "DISTURBED: no"),
        ("forks_before_it_guards", "refused", True, striking.refusal, "LEAK: in the caller"),
        ("finally_only", "two killed", True, striking.end_of_the_caller, "LEAK: "),
    ],
)
def test_a_planted_defect_shows(
    module: str, kind: str, caller: bool, judge: Judge, due: str
) -> None:
    """As what it is, with the order in which it shows again."""
    found = _wrong(f"tests.selftest.defects.{module}", kind, judge, caller=caller)
    assert due in found
    assert "This order again: --order=" in found


@pytest.mark.parametrize(
    ("kind", "caller", "judge"),
    [
        ("killed", False, striking.all_or_error),
        ("killed in stalls", False, striking.all_or_error),
        ("killed, while others wait", False, striking.all_or_error),
        ("two killed", False, striking.all_or_error),
        ("two killed", True, striking.end_of_the_caller),
        ("killed", True, striking.end_of_the_caller),
        ("interrupted", True, striking.end_of_the_caller),
        ("refused", True, striking.refusal),
        ("refused", False, striking.refusal),
    ],
)
def test_a_correct_module_passes(kind: str, caller: bool, judge: Judge) -> None:
    """Each sweep comes to its points, and finds nothing."""
    assert _wrong(HONEST, kind, judge, caller=caller) == ""


def test_a_point_comes_again_by_its_order() -> None:
    """Alone."""
    module = "tests.selftest.defects.finally_only"
    first = striking.sweep(module, "killed", caller=True)
    needs_gate(first)
    wrong = next(m for m in first.of("strike") if m["left"])
    again = striking.sweep(module, "killed", caller=True, order=wrong["order"])
    (only,) = again.of("strike")
    assert only["left"]
    assert only["where"] == wrong["where"]
    story = [line for message in again.of("story") for line in message["lines"]]
    assert any("-> SIGKILL" in line for line in story), story
    assert not any("(held)" in line for line in story), story
