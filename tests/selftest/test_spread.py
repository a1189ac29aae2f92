"""The suite over several processes: what a module declares is judged where all reports come."""

import subprocess
from pathlib import Path

import pytest

from tests.selftest.support_file import outcomes, run_suite, support_of

pytest.importorskip("xdist", reason="pytest-xdist is not installed")

MODULE = """
from tests.selftest.defects import honest

EXPECTED_FAILURES = {"H1": "it takes what it gets"}

def run(n, workers):
    return honest.run(CHECK, workers)
"""


def _test(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Test mine.py and pipe, each in a process of its own, from the directory *place*."""
    options = ["-n2", "--transport=mine.py", "--transport=pipe", "--clause=H1"]
    return run_suite(place, *options, *arguments)


def test_an_expected_failure_is_none_and_a_pass_in_its_place_is_one(tmp_path: Path) -> None:
    """The line about it stands once, below the matrix."""
    (tmp_path / "mine.py").write_text(MODULE.replace("CHECK", "abs(n)"))
    done = _test(tmp_path, f"--report-dir={tmp_path}")
    assert done.returncode == pytest.ExitCode.OK, done.stdout
    support = support_of(tmp_path, done.stdout)
    assert outcomes(support, "mine.py") == {"H1": "expected"}
    assert outcomes(support, "pipe") == {"H1": "passed"}
    (tmp_path / "mine.py").write_text(MODULE.replace("CHECK", "n"))
    done = _test(tmp_path)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout
    told = " ".join(done.stdout.split())
    assert told.count("H1 passed, and is in EXPECTED_FAILURES: it takes what it gets") == 1


def test_a_failure_is_explained_in_lines_of_the_terminal(tmp_path: Path) -> None:
    """By the process that prints, which knows its width; the command can be copied."""
    text = MODULE.replace("EXPECTED_FAILURES", "OTHER").replace("CHECK", "abs(n)")
    (tmp_path / "mine.py").write_text(text)
    done = _test(tmp_path)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout
    part = done.stdout.split(" clause H1 ")[1].split("support matrix")[0]
    lines = part.splitlines()
    assert any(line.startswith("Usual cause and remedy: ") for line in lines)
    assert all(len(line) <= 80 or " " not in line.strip(" \\") for line in lines[1:-1]), part
    assert "--transport=mine.py" in " ".join(part.replace("\\\n", "").split())
