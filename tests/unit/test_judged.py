"""The score of the tests of the suite itself, and which tests hold a clause."""

import pytest

from report.clauses import clauses
from tests.selftest import reported
from tests.selftest.judged import Score, failed, held_by, modules_of


def test_the_tests_of_a_clause_are_those_that_hold_it() -> None:
    """As CONFORMANCE.md says, each once."""
    assert held_by({"C5", "C6"}) == sorted(clauses()["C5"].tests)


def test_a_clause_that_there_is_not_is_an_error() -> None:
    """A bug that names it would be found by no test."""
    with pytest.raises(KeyError):
        held_by({"Z1"})


def test_what_was_skipped_has_not_failed() -> None:
    """Nor what was not judged."""
    assert failed({"A1": "passed", "B1": "failed", "C4": "skipped"}) == {"B1"}


def test_the_score_tells_of_each_false_alarm() -> None:
    """With the module, and the clauses that failed."""
    score = Score("", "a clause", ("bugs", "twins"))
    assert score.passes("one", {"A1": "passed"})
    assert not score.passes("two", {"A1": "failed", "B1": "failed"})
    assert score.alarms == ["two: A1, B1"]
    assert (score.runs, score.correct) == (2, {"one", "two"})


def test_what_begins_with_an_underscore_or_is_a_package_is_no_module_to_judge() -> None:
    """It is what several share, or the place of others."""
    names = [name.rpartition(".")[2] for name in modules_of(reported)]
    assert names
    assert not [name for name in names if name.startswith("_") or name == "repaired"]
