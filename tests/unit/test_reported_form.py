"""The form of the modules in tests/selftest/reported: what test_reported.py needs of them."""

import ast
from pathlib import Path

import pytest

from report.clauses import clauses
from tests.harness import ROOT
from tests.selftest import reported
from tests.selftest.judged import caught_by, constant, modules_of
from tests.selftest.reported import repaired

BUGS = modules_of(reported)


def _name(module: str) -> str:
    return module.rpartition(".")[2]


def _source(module: str) -> str:
    return Path(ROOT, *module.split(".")).with_suffix(".py").read_text("utf-8")


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_names_its_report_and_the_clauses_that_it_breaks(bug: str) -> None:
    """An address, and clauses that there are."""
    report = constant(bug, "REPORT")
    assert isinstance(report, str)
    assert report.startswith("https://")
    assert caught_by(bug)
    assert caught_by(bug) <= clauses().keys()


@pytest.mark.parametrize("module", [*BUGS, *modules_of(repaired)])
def test_a_module_says_what_it_is(module: str) -> None:
    """In a docstring; a bug says also what the module does, after a blank line."""
    docstring = ast.get_docstring(ast.parse(_source(module)))
    assert docstring
    if module in BUGS:
        assert "\n\n" in docstring


def test_each_bug_has_a_twin_and_each_twin_a_bug() -> None:
    """Of the same name."""
    assert [*map(_name, BUGS)] == [*map(_name, modules_of(repaired))]


def test_no_report_stands_twice() -> None:
    """One bug is planted once."""
    reports = [constant(bug, "REPORT") for bug in BUGS]
    assert len({*reports}) == len(reports)


def test_a_constant_that_is_not_there_is_told_of() -> None:
    """By its name."""
    with pytest.raises(AssertionError, match="has no constant NOTHING"):
        constant(BUGS[0], "NOTHING")
