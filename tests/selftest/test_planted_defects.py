"""Tests of the suite itself: a planted defect fails the clauses that it names, a control none.

They run the suite on each of more than a hundred modules, so they are left out by default; run them
with `pytest -m suite`.  Each defect is tested by the clauses that it names.  With
IPC_CONFORMANCE_EXACT=1 it is tested by all clauses, and no other may fail.  This takes hours, and
has to run as root: some clauses need another user or namespaces.  IPC_CONFORMANCE_ROUNDS says how
often each control is tested.

A defect by which a short run gives no result at all names, in the place of clauses, the test that
tries one: no clause is judged then.

IPC_CONFORMANCE_SHARD="2/12" takes the second of twelve parts of the modules.  The parts are
disjoint, and the twelve together are all modules.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from report.clauses import clauses
from tests import harness
from tests.harness.smoke import SMOKE
from tests.selftest import controls, defects
from tests.selftest.declared import declared, modules
from tests.selftest.support_file import outcomes, support_of

pytestmark = pytest.mark.suite

EXACT = bool(os.environ.get("IPC_CONFORMANCE_EXACT"))
SHARD = os.environ.get("IPC_CONFORMANCE_SHARD") or ""
ROUNDS = int(os.environ.get("IPC_CONFORMANCE_ROUNDS") or 1)

# Seconds without activity after which a trial counts as a hang. It is short, because a defect that
# hangs does so in many clauses.
QUIET = "4"

CLAUSES = sorted((harness.ROOT / "tests" / "clauses").glob("test_?_*.py"))


HONEST = "tests.selftest.defects.honest"  # the correct module from which most defects are made


def shard(names: list[str], part: str) -> list[str]:
    """Return the *part* of *names* that "I/K" means: each K-th of them, from the I-th on.

    part: "" for all.
    """
    if not part:
        return names
    found = re.fullmatch(r"(\d+)/(\d+)", part)
    index, count = map(int, found.groups()) if found else (0, 0)
    if not 1 <= index <= count:
        raise ValueError(f"IPC_CONFORMANCE_SHARD={part!r} is not I/K, with I from 1 to K")
    return names[index - 1 :: count]


def _missing(module: str) -> str | None:
    """Return the error if *module* needs a package that is not installed, else None."""
    probe = [sys.executable, "-c", f"import {module}"]
    errors = subprocess.run(
        probe, cwd=harness.ROOT, capture_output=True, text=True, check=False
    ).stderr
    found = re.search(r"^ModuleNotFoundError: .*", errors, re.MULTILINE)
    return found[0] if found else None


def _judge(module: str, directory: Path, *names: str) -> tuple[dict[str, str], str]:
    """Test *module* by all clauses, or by the tests of these *names*.

    Return the outcome of each clause, and all that was printed.

    directory: where the run may write its report.
    """
    only = ["-k", " or ".join(names)] if names else []
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
    failed = {SMOKE: "failed"} if re.search(rf"^FAILED .*::{SMOKE}\[", output, re.MULTILINE) else {}
    return outcomes(support_of(directory, output), module) | failed, output


def _failed(outcomes: dict[str, str]) -> set[str]:
    """Return the clauses that failed."""
    return {clause for clause, outcome in outcomes.items() if outcome == "failed"}


PLANTED = [name for name in modules(defects) if name != HONEST]
CONTROLS = [HONEST, *modules(controls)]


@dataclass
class Score:
    """How many defects were found, and which controls failed; it is printed at the end."""

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
def test_a_planted_defect_fails_exactly_its_clauses(
    module: str, score: Score, tmp_path: Path
) -> None:
    """All of them, so that the defect is found; no others, so that the cause is clear."""
    if (missing := _missing(module)) is not None:
        pytest.skip(missing)
    expected = set(declared(module, "CAUGHT_BY"))
    known = {name: clause.tests for name, clause in clauses().items()} | {
        SMOKE: [SMOKE, "after_a_return"]
    }
    names = [] if EXACT else sorted({test for name in expected for test in known[name]})
    score.planted += 1
    failed, output = set[str](), ""
    for attempt in ("first", "second"):  # some faults are injected at random times
        judged, output = _judge(module, tmp_path / attempt, *names)
        failed = _failed(judged)
        if not EXACT:  # a test may check more than one clause
            failed &= expected
        if failed == expected:
            break
    assert failed == expected, (
        f"not found by {sorted(expected - failed)}, found by {sorted(failed - expected)} too:\n"
        f"{output[-6000:]}"
    )
    score.found += 1


@pytest.mark.parametrize("turn", range(ROUNDS))
@pytest.mark.parametrize("module", shard(CONTROLS, SHARD))
def test_a_correct_module_passes_every_clause(
    module: str, turn: int, score: Score, tmp_path: Path
) -> None:
    """No clause fails, and at most three are skipped."""
    score.controls.add(module)
    score.runs += 1
    judged, output = _judge(module, tmp_path)
    failed = _failed(judged)
    if failed:
        score.alarms.append(f"{module}: {', '.join(sorted(failed))}")
    assert not failed, output[-6000:]
    assert set(judged.values()) <= {"passed", "skipped"}
    assert [*judged.values()].count("passed") >= len(clauses()) - 3, judged
