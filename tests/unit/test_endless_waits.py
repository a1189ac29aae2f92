"""No loop of the suite waits for ever: what it waits for may never come, and CI would hang."""

import ast
from pathlib import Path

import pytest

from tests.harness import ROOT

PLACES = ("benchmarks", "gate", "harness", "intruder", "platforms", "system", "unit", "worlds")
"""Rooms whose waits nobody else limits: a trial of a scenario has a limit, and so has a case."""

# What tells a loop that its time is over.
_LIMITS = {"monotonic", "is_over", "until"}


def _files() -> list[Path]:
    places = [ROOT / "tests" / place for place in PLACES]
    found = [file for place in places for file in place.glob("*.py")]
    return sorted([*found, *(ROOT / "tests" / "selftest").glob("test_*.py")])


def _names(node: ast.AST) -> set[str]:
    found = {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
    return found | {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _endless(code: str) -> list[int]:
    """Return the lines of the loops that sleep, and have no limit of time."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.While)
        and "sleep" in (names := _names(node))
        and not names & _LIMITS
    ]


@pytest.mark.parametrize("path", _files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_loop_that_sleeps_has_a_limit_of_time(path: Path) -> None:
    """Else a condition that does not come true holds up all other tests."""
    assert _endless(path.read_text("utf-8")) == []


def test_a_loop_without_a_limit_is_found() -> None:
    """And one with a limit is not."""
    assert _endless("while not found():\n    time.sleep(0.1)") == [1]
    assert _endless("while not found():\n    assert not limit.is_over()\n    time.sleep(0.1)") == []
