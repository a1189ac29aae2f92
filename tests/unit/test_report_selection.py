"""Which tests the options choose."""

import os
import subprocess
import sys

import pytest

from report.clauses import FAMILIES, clauses
from tests import harness
from tests.harness import selection
from tests.harness.smoke import SMOKE


def _collected(*arguments: str, **env: str) -> tuple[int, list[str], str]:
    """Return the exit status, the node ids that *arguments* choose, and all that was printed."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--co", "-q", *arguments],
        cwd=harness.ROOT,
        env={k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")} | env,
        capture_output=True,
        text=True,
        check=False,
    )
    ids = [line for line in done.stdout.splitlines() if "::" in line]
    return done.returncode, ids, done.stdout + done.stderr


def _functions(ids: list[str]) -> set[str]:
    return {node.rpartition("::")[2].partition("[")[0] for node in ids}


def _tests(*names: str) -> set[str]:
    """Return the names of the tests of clauses, without those that are left out by default."""
    return {t for c in names for t in clauses()[c].tests if t not in clauses()[c].exhaustive}


def test_clauses_and_families_are_named() -> None:
    """By one option or several, in any case."""
    assert selection.clauses_of([]) is None
    assert selection.clauses_of(["A1,C4"]) == {"A1", "C4"}
    assert selection.clauses_of(["a1", "H"]) == {"A1", "H1", "H2"}
    assert selection.clauses_of(["C1"]) == {"C1"}, "and not C10"


def test_an_unknown_clause_is_one_line_with_the_families() -> None:
    """And a usage error."""
    status, ids, printed = _collected("--clause=A1,Q7")
    assert status == pytest.ExitCode.USAGE_ERROR
    assert not ids
    (line,) = filter(None, printed.splitlines())
    assert "no clause or family Q7" in line
    assert all(f"{letter} ({family.word})" in line for letter, family in FAMILIES.items())


@pytest.mark.parametrize("option", [["--clause=C1,H"], ["--clause=C1", "--clause=h"]])
def test_clause_takes_the_tests_of_these_clauses_alone(option: list[str]) -> None:
    """On each transport that is given; and the short run, without which nothing is judged."""
    _, ids, printed = _collected("--transport=pipe", *option)
    assert _functions(ids) == _tests("C1", "H1", "H2") | {SMOKE}, printed


def test_k_takes_the_id_of_a_clause_for_that_clause_alone() -> None:
    """C1 is no part of C10, and no part of any other name."""
    _, ids, printed = _collected("-k", "pipe and (C1 or A1)")
    assert _functions(ids) == _tests("C1", "A1"), printed
    assert selection.keyword("pipe and not C10") == "pipe and not :C10:"
    for text in ("", "test_C1", "C1-x", "c1", "C99", "pipe"):
        assert selection.keyword(text) == text
    assert selection.keyword(selection.keyword("C1")) == ":C1:"


@pytest.mark.parametrize("autoload", [{}, {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}])
def test_no_benchmark_is_run_unless_it_is_asked_for(autoload: dict[str, str]) -> None:
    """They are deselected, not skipped; without pytest-benchmark too."""
    status, ids, printed = _collected("--transport=pipe", **autoload)
    assert status == pytest.ExitCode.OK, printed
    assert len(ids) > 50
    assert not any("tests/benchmarks" in node for node in ids)


@pytest.mark.parametrize("more", [[], ["--benchmark-skip"]])
def test_benchmark_only_runs_nothing_else(more: list[str]) -> None:
    """As documented."""
    _, ids, printed = _collected("--benchmark-only", "--transport=pipe", *more)
    assert len(ids) > 10, printed
    assert all(node.startswith("tests/benchmarks/") for node in ids)


@pytest.mark.parametrize("level", ["hardened", "closed"])
def test_the_highest_level_has_its_old_name_too(level: str) -> None:
    """It was `closed` in earlier versions."""
    _, ids, printed = _collected("--transport=pipe", f"--level={level}")
    assert _functions(ids) == _tests(*clauses()) | {SMOKE}, printed


@pytest.mark.parametrize(
    ("option", "sort", "columns"),
    [
        ([], "median", ["median", "iqr", "min", "rounds"]),
        (["--benchmark-sort=name"], "name", ["median", "iqr", "min", "rounds"]),
        (["--benchmark-sort", "min"], "min", ["median", "iqr", "min", "rounds"]),
        (["--benchmark-columns=min,max"], "median", ["min", "max"]),
    ],
)
def test_the_tables_of_benchmarks_are_as_the_command_line_has_them(
    option: list[str], sort: str, columns: list[str], pytestconfig: pytest.Config
) -> None:
    """The suite only sets what it leaves out."""
    pytest.importorskip("pytest_benchmark", reason="pytest-benchmark is not installed")
    code = """
import sys, pytest
class Show:
    def pytest_collection_finish(self, session):
        option = session.config.option
        print("shown", option.benchmark_sort, *option.benchmark_columns)
sys.exit(pytest.main(sys.argv[1:], plugins=[Show()]))
"""
    arguments = ["-p", "no:cacheprovider", "--co", "-q", "tests/unit/test_layers.py", *option]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=pytestconfig.rootpath,
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"shown {sort} {' '.join(columns)}" in done.stdout.splitlines(), done.stdout
