"""CONFORMANCE.md and the tests agree."""

import importlib
import itertools
from collections import defaultdict

from report.clauses import FAMILIES, LEVELS, clauses, level_has
from tests import harness


def _marked() -> dict[str, set[str]]:
    """Return the names of the tests of each clause."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in (harness.ROOT / "tests").glob("*/test_*.py"):
        for name, test in vars(
            importlib.import_module(f"tests.{file.parent.name}.{file.stem}")
        ).items():
            for mark in getattr(test, "pytestmark", ()) if callable(test) else ():
                if mark.name == "clause":
                    found[mark.args[0]].add(name)
                elif mark.name == "parametrize":
                    for case in mark.args[1]:
                        for own in getattr(case, "marks", ()):
                            if own.name == "clause":
                                found[own.args[0]].add(name)
    return found


def test_each_clause_is_held_by_the_tests_that_it_names() -> None:
    """And by no other tests; and no test is for a clause that does not exist."""
    assert {ident: set(clause.tests) for ident, clause in clauses().items()} == _marked()


def test_the_tests_that_a_run_leaves_out_are_marked_so_in_the_list() -> None:
    """The list says "(exhaustive)" of the tests that have this marker, and of no others."""
    marked = set()
    for file in (harness.ROOT / "tests" / "clauses").glob("test_*.py"):
        module = importlib.import_module(f"tests.clauses.{file.stem}")
        whole = getattr(getattr(module, "pytestmark", None), "name", "") == "exhaustive"
        for name, test in vars(module).items():
            names = {mark.name for mark in getattr(test, "pytestmark", ())}
            if "clause" in names and (whole or "exhaustive" in names):
                marked.add(name)
    assert {name for clause in clauses().values() for name in clause.exhaustive} == marked


def test_each_clause_says_what_it_promises_and_what_helps() -> None:
    """Each has a sentence and a remedy, and they are in the order of their ids."""
    for ident, clause in clauses().items():
        assert clause.sentence, ident
        assert clause.remedy, ident
    ids = [(ident[0], int(ident[1:])) for ident in clauses()]
    assert ids == sorted(ids)
    assert {family for family, _ in ids} == set(FAMILIES)


def test_each_level_takes_all_of_the_lower_ones() -> None:
    """And the highest level has every clause."""
    taken = [{c for c in clauses() if level_has(level, c)} for level in LEVELS]
    assert all(low < high for low, high in itertools.pairwise(taken))
    assert taken[-1] == set(clauses())
