"""Tests of the suite itself: modules with a planted defect fail, and correct ones pass.

They run the suite with about a hundred modules.  So they are left out by default: `-m suite`.

Each defect has to fail the clauses that it names, and by default only these are run.  With
IPC_CONFORMANCE_EXACT=1 all clauses are run, and no other may fail.  This takes hours, and needs
root: some clauses use another user or namespaces.  A correct module, a control, has to pass all
clauses.  IPC_CONFORMANCE_ROUNDS says how many times they are run with each control.

IPC_CONFORMANCE_SHARD="2/12" takes the second of twelve parts of the modules.  No module is in two
parts, and each is in one.
"""

import ast
import os
import pkgutil
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest

from tests import harness
from tests.harness.clauses import clauses
from tests.selftest import controls, defects

pytestmark = pytest.mark.suite

EXACT = bool(os.environ.get("IPC_CONFORMANCE_EXACT"))
SHARD = os.environ.get("IPC_CONFORMANCE_SHARD") or ""
ROUNDS = int(os.environ.get("IPC_CONFORMANCE_ROUNDS") or 1)

# Seconds without CPU time that count as a hang: a defect that hangs does so in many clauses.
QUIET = "4"

CLAUSES = sorted((harness.ROOT / "tests" / "clauses").glob("test_?_*.py"))

# Most defects are changes of this module, which is a control itself.
HONEST = "tests.selftest.defects.honest"


def _modules(package: ModuleType) -> list[str]:
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return [f"{package.__name__}.{name}" for name in names if not name.startswith("_")]


def shard(modules: list[str], part: str) -> list[str]:
    """Return the *part* of *modules* that is meant by "I/K": each K-th of them, from the I-th on.

    part: "" for all.
    """
    if not part:
        return modules
    found = re.fullmatch(r"(\d+)/(\d+)", part)
    index, count = map(int, found.groups()) if found else (0, 0)
    if not 1 <= index <= count:
        raise ValueError(f"IPC_CONFORMANCE_SHARD={part!r} is not I/K, with I from 1 to K")
    return modules[index - 1 :: count]


def _caught_by(module: str) -> set[str]:
    """Return CAUGHT_BY of a defect, without importing it: it may patch what others need."""
    path = Path(harness.ROOT, *module.split(".")).with_suffix(".py")
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CAUGHT_BY":
            return set(ast.literal_eval(node.value))
    raise AssertionError(f"{path} does not say what catches it")


def _missing(module: str) -> str | None:
    """Return the package that *module* needs and that is not there, or None."""
    probe = [sys.executable, "-c", f"import {module}"]
    errors = subprocess.run(
        probe, cwd=harness.ROOT, capture_output=True, text=True, check=False
    ).stderr
    found = re.search(r"^ModuleNotFoundError: .*", errors, re.MULTILINE)
    return found[0] if found else None


def _run_clauses(module: str, *names: str) -> tuple[set[str], str]:
    """Run all clauses with *module*, or only the tests of these *names*.

    Return the clauses that failed, and all that was printed.
    """
    only = ["-k", " or ".join(names)] if names else []
    pytest_ = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short"]
    output = subprocess.run(
        [*pytest_, f"--transport={module}", *only, *map(str, CLAUSES)],
        cwd=harness.ROOT,
        env=os.environ | {"IPC_CONFORMANCE_QUIET": QUIET},
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    row = re.search(rf"^{re.escape(module)} .*", output, re.MULTILINE)
    assert row, f"no row for {module}:\n{output[-3000:]}"
    assert "unsupported" not in row[0], row[0]
    return set(re.findall(r"[A-H]\d+", " ".join(re.findall(r" not ([\w,]+)", row[0])))), output


PLANTED = [name for name in _modules(defects) if name != HONEST]
CONTROLS = [HONEST, *_modules(controls)]


@dataclass
class Score:
    """The defects that were found, and the false alarms, which are printed at the end."""

    found: int = 0
    planted: int = 0
    alarms: list[str] = field(default_factory=list)
    runs: int = 0
    controls: set[str] = field(default_factory=set)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the kill rate and the false alarms."""
        terminalreporter.section("the suite itself", sep="-", blue=True)
        terminalreporter.line(
            f"{self.found} of {self.planted} defects found by "
            + ("exactly the clauses" if EXACT else "all clauses")
            + " that they name"
        )
        terminalreporter.line(
            f"{len(self.alarms)} false alarms in {self.runs} runs of {len(self.controls)} controls"
            + "".join(f"; {alarm}" for alarm in self.alarms)
        )


@pytest.fixture(scope="session")
def score(request: pytest.FixtureRequest) -> Score:
    """Keep the score of the session."""
    kept = Score()
    request.config.pluginmanager.register(kept)
    return kept


@pytest.mark.parametrize("module", shard(PLANTED, SHARD))
def test_a_planted_defect_fails_exactly_its_clauses(module: str, score: Score) -> None:
    """The clauses that fail show that a defect is found, and what is wrong."""
    if (missing := _missing(module)) is not None:
        pytest.skip(missing)
    expected = _caught_by(module)
    names = [] if EXACT else sorted({test for c in expected for test in clauses()[c].tests})
    score.planted += 1
    failed, output = _run_clauses(module, *names)
    if not EXACT:  # a test may be for more than one clause
        failed &= expected
    if failed != expected:  # once more: some faults are injected at random times
        failed, output = _run_clauses(module, *names)
        failed = failed if EXACT else failed & expected
    assert failed == expected, (
        f"not found by {sorted(expected - failed)}, found by {sorted(failed - expected)} too:\n"
        f"{output[-6000:]}"
    )
    score.found += 1


@pytest.mark.parametrize("turn", range(ROUNDS))
@pytest.mark.parametrize("module", shard(CONTROLS, SHARD))
def test_a_correct_module_passes_every_clause(module: str, turn: int, score: Score) -> None:
    """There is no false alarm, and few clauses are skipped."""
    score.controls.add(module)
    score.runs += 1
    failed, output = _run_clauses(module)
    if failed:
        score.alarms.append(f"{module}: {', '.join(sorted(failed))}")
    assert not failed, output[-6000:]
    row = re.search(rf"^{re.escape(module)} .*", output, re.MULTILINE)
    assert row
    passed, judged = re.findall(r"(\d+)/(\d+)", row[0])[-1]
    assert passed == judged
    assert int(judged) >= len(clauses()) - 3, row[0]
