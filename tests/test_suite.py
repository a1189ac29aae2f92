"""The suite itself: each planted defect is found by the clause that names it.

Left out by default, for it holds the suite over itself two dozen times: `pytest -m suite`.
"""

import importlib
import pkgutil
import re
import subprocess
import sys

import pytest

from tests import defects, lab

pytestmark = pytest.mark.suite

NAMES = sorted(
    m.name
    for m in pkgutil.iter_modules(defects.__path__)
    if m.name != "honest" and not m.name.startswith("_")
)


def _hold(module: str, *more: str) -> str:
    """Hold the suite over *module*; return what it printed."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *more]
    return subprocess.run(
        [*command, f"--transport=tests.defects.{module}"],
        cwd=lab.ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout


def _failed(output: str) -> set[str]:
    return set(re.findall(r"[A-H]\d+", " ".join(re.findall(r" not ([\w,]+)", output))))


def _tests_of(clauses: set[str]) -> list[str]:
    """Return the names of the test functions that hold *clauses*."""
    return sorted(
        name
        for file in (lab.ROOT / "tests").glob("test_?_*.py")
        for name, test in vars(importlib.import_module(f"tests.{file.stem}")).items()
        for mark in getattr(test, "pytestmark", ())
        if mark.name == "clause" and mark.args[0] in clauses
    )


@pytest.mark.parametrize("module", NAMES)
def test_a_planted_defect_is_found_by_its_clause(module: str) -> None:
    """Each clause in the CAUGHT_BY of a module fails on it."""
    defect = pytest.importorskip(f"tests.defects.{module}", exc_type=ModuleNotFoundError)
    clauses = set(defect.CAUGHT_BY)
    output = _hold(module, "-k", " or ".join(_tests_of(clauses)))
    assert clauses <= _failed(output), output[-3000:]


def test_a_correct_module_in_another_style_passes_every_clause() -> None:
    """No false alarm."""
    output = _hold("honest")
    assert not _failed(output), output[-3000:]
    row = re.search(r"^tests\.defects\.honest +(.*)", output, re.MULTILINE)
    assert row, output[-3000:]
    families = re.findall(r"(\d+)/(\d+)", row[1])
    assert len(families) >= len("ABCDEGH"), row[0]
    assert all(passed == judged for passed, judged in families), output[-3000:]
