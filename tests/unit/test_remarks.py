"""The line at the end: what to fix first, and what has the same cause."""

from report.formats import Verdict
from tests.harness.remarks import Remark, fix_first

SENTENCES = {"C1": "A death is an error", "B2": "Nothing is left"}
PASSED: Verdict = {"outcome": "passed"}


def _failed(reason: str) -> Verdict:
    return {"outcome": "failed", "reason": reason}


def _skipped(reason: str) -> Verdict:
    return {"outcome": "skipped", "reason": reason}


def _unjudged(reason: str) -> Verdict:
    return {"outcome": "not judged", "reason": reason}


def test_the_clause_that_others_name_comes_first() -> None:
    """Then those with the same cause, those not judged, and those with a cause of their own."""
    verdicts = {
        "A1": [PASSED],
        "B2": [_failed("5 points")],
        "C1": [_unjudged("see C1: no answer"), _failed("HANG: run(30, 3)")],
        "C10": [_failed("as C1: run"), _failed("as C1: run")],
        "C2": [_failed("as C1: run")],
        "D3": [_skipped("its run takes no timeout")],
        "E2": [_unjudged("see C1: no answer")],
    }
    assert fix_first("mine.py", verdicts, SENTENCES) == Remark(
        "mine.py: fix first C1 (A death is an error); same cause: C2, C10; not judged: E2;"
        " then: B2",
        fails=True,
    )


def test_a_clause_that_was_not_run_may_come_first() -> None:
    """Its failure was met in the test of another."""
    verdicts = {"E2": [_unjudged("see C1: no answer")]}
    assert fix_first("mine.py", verdicts, SENTENCES) == Remark(
        "mine.py: fix first C1 (A death is an error); not judged: E2",
        fails=True,
    )


def test_without_a_common_cause_the_first_failure_comes_first() -> None:
    """In the order of the clauses."""
    verdicts = {"C1": [_failed("late")], "B2": [_failed("5 points")]}
    assert fix_first("mine.py", verdicts, SENTENCES) == Remark(
        "mine.py: fix first B2 (Nothing is left); then: C1",
        fails=True,
    )


def test_a_clause_that_is_not_judged_fails_for_another() -> None:
    """Which comes first."""
    verdicts = {"C1": [_failed("HANG: run")], "E2": [_unjudged("see C1: no answer")]}
    remark = fix_first("mine.py", verdicts, SENTENCES)
    assert remark is not None
    assert remark.text.endswith("; not judged: E2")


def test_a_run_that_judges_nothing_says_why() -> None:
    """A short run has failed."""
    verdicts = {"C1": [_unjudged("run(1000, 2) raised")]}
    assert fix_first("mine.py", verdicts, SENTENCES) == Remark(
        "mine.py: nothing was judged: run(1000, 2) raised",
        fails=True,
    )


def test_a_run_that_judges_a_part_says_why() -> None:
    """Other programs were at work, for example: that is no failure of the run."""
    verdicts = {"A1": [PASSED], "B1": [_unjudged("others are at work")]}
    assert fix_first("mine.py", verdicts, SENTENCES) == Remark(
        "mine.py: not all was judged: others are at work",
        fails=False,
    )


def test_nothing_is_said_where_nothing_fails() -> None:
    """A clause that is skipped for another reason is no failure, nor is an expected one.

    Nor where one fails: there is nothing to order.
    """
    verdicts: dict[str, list[Verdict]] = {
        "C1": [PASSED, _skipped("takes no lock")],
        "B2": [{"outcome": "expected", "reason": "it is"}],
    }
    assert not fix_first("mine.py", verdicts, SENTENCES)
    assert not fix_first("mine.py", verdicts | {"D1": [_failed("HANG: run")]}, SENTENCES)
