"""Runs of the suite on modules of which it is known what is wrong with them, or that nothing is."""

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

from report.clauses import clauses
from tests import harness
from tests.harness.smoke import SMOKE
from tests.selftest.support_file import outcomes, support_of

__all__ = [
    "EXACT",
    "SHARD",
    "Score",
    "caught_by",
    "constant",
    "failed",
    "held_by",
    "judge",
    "missing",
    "modules_of",
    "shard",
]

EXACT = bool(os.environ.get("IPC_CONFORMANCE_EXACT"))
"""Whether each module is tested by all clauses."""

SHARD = os.environ.get("IPC_CONFORMANCE_SHARD") or ""
"""The part of the modules that is tested: see shard."""

# Seconds without activity after which a trial counts as a hang. It is short, because a defect that
# hangs does so in many clauses.
QUIET = "4"

CLAUSES = sorted((harness.ROOT / "tests" / "clauses").glob("test_?_*.py"))


def modules_of(package: ModuleType) -> list[str]:
    """Return the full names of the modules in *package*, but for those that begin with _."""
    modules = sorted(
        module.name for module in pkgutil.iter_modules(package.__path__) if not module.ispkg
    )
    return [f"{package.__name__}.{name}" for name in modules if not name.startswith("_")]


def shard(modules: list[str], part: str) -> list[str]:
    """Return the *part* of *modules* that "I/K" means: each K-th of them, from the I-th on.

    part: "" for all.
    """
    if not part:
        return modules
    found = re.fullmatch(r"(\d+)/(\d+)", part)
    index, count = map(int, found.groups()) if found else (0, 0)
    if not 1 <= index <= count:
        raise ValueError(f"IPC_CONFORMANCE_SHARD={part!r} is not I/K, with I from 1 to K")
    return modules[index - 1 :: count]


def constant(module: str, name: str, default: object = None) -> object:
    """Return a constant of *module* without importing it, because it may patch other modules.

    default: what to return if there is none; without it, that is an error.
    """
    path = Path(harness.ROOT, *module.split(".")).with_suffix(".py")
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            value: object = ast.literal_eval(node.value)
            return value
    assert default is not None, f"{path} has no constant {name}"
    return default


def caught_by(module: str) -> set[str]:
    """Return the clauses that *module* breaks, as it says."""
    names = constant(module, "CAUGHT_BY")
    assert isinstance(names, tuple), f"CAUGHT_BY of {module} is no tuple"
    return set(names)


def missing(module: str) -> str | None:
    """Return the error if *module* needs a package that is not installed, else None."""
    probe = [sys.executable, "-c", f"import {module}"]
    errors = subprocess.run(
        probe, cwd=harness.ROOT, capture_output=True, text=True, check=False
    ).stderr
    found = re.search(r"^ModuleNotFoundError: .*", errors, re.MULTILINE)
    return found[0] if found else None


def held_by(names: set[str]) -> list[str]:
    """Return the tests of the clauses with these *names*."""
    known = {name: clause.tests for name, clause in clauses().items()} | {
        SMOKE: [SMOKE, "after_a_return"]
    }
    return sorted({test for name in names for test in known[name]})


def judge(module: str, directory: Path, *tests: str) -> tuple[dict[str, str], str]:
    """Test *module* by all clauses, or by these *tests*.

    Return the outcome of each clause, and all that was printed.

    directory: where the run may write its report.
    """
    only = ["-k", " or ".join(tests)] if tests else []
    pytest_ = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short"]
    done = subprocess.run(
        [*pytest_, f"--transport={module}", f"--report-dir={directory}", *only, *map(str, CLAUSES)],
        cwd=harness.ROOT,
        env=os.environ | {"IPC_CONFORMANCE_QUIET": QUIET},
        capture_output=True,
        text=True,
        check=False,
    )
    output = done.stdout
    smoke = {SMOKE: "failed"} if re.search(rf"^FAILED .*::{SMOKE}\[", output, re.MULTILINE) else {}
    return outcomes(support_of(directory, output), module) | smoke, output


def failed(outcomes: dict[str, str]) -> set[str]:
    """Return the clauses that failed."""
    return {clause for clause, outcome in outcomes.items() if outcome == "failed"}


@dataclass
class Score:
    """How many planted bugs were found, and which correct modules failed; printed at the end.

    title: of the section; found_by: what has found the bugs; kinds: what the two sorts of modules
    are called.
    """

    title: str
    found_by: str
    kinds: tuple[str, str]
    found: int = 0
    planted: int = 0
    alarms: list[str] = field(default_factory=list)
    runs: int = 0
    correct: set[str] = field(default_factory=set)
    remarks: list[str] = field(default_factory=list)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the kill rate and the false alarms."""
        planted, correct = self.kinds
        terminalreporter.section(self.title, sep="-", blue=True)
        for remark in self.remarks:
            terminalreporter.line(remark)
        terminalreporter.line(f"{self.found} of {self.planted} {planted} found by {self.found_by}")
        terminalreporter.line(
            f"{len(self.alarms)} false alarms in {self.runs} runs of {len(self.correct)} {correct}"
            + "".join(f"; {alarm}" for alarm in self.alarms)
        )

    def passes(self, module: str, judged: dict[str, str]) -> bool:
        """Count a run of a correct *module*; tell whether no clause failed."""
        self.correct.add(module)
        self.runs += 1
        wrong = failed(judged)
        if wrong:
            self.alarms.append(f"{module}: {', '.join(sorted(wrong))}")
        return not wrong
