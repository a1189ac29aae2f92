"""Each reference transport as a program."""

import subprocess
import sys

import pytest

import transports
from tests import harness
from tests.harness.oracle import ulps


def _run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", f"transports.{name}", *arguments],
        cwd=harness.ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize("name", transports.NAMES)
def test_it_prints_pi(name: str) -> None:
    """And nothing else."""
    told = _run(name, "1000", "3")
    if "unsupported here" in told.stderr:
        assert told.returncode == 1
        pytest.skip(told.stderr.strip())
    assert (told.returncode, told.stderr) == (0, "")
    assert ulps(float(told.stdout), 1000) <= 2


@pytest.mark.parametrize("name", transports.NAMES)
def test_it_has_help(name: str) -> None:
    """With its mechanism and its arguments."""
    told = _run(name, "--help")
    assert told.returncode == 0
    assert "workers" in told.stdout
    assert "Limits" in told.stdout


@pytest.mark.parametrize("wrong", [["-1"], ["5", "0"], ["x"], ["1", "2", "3"], ["1.5"]])
def test_bad_arguments_are_a_clear_error(wrong: list[str]) -> None:
    """Exit status 2, one line behind the usage."""
    told = _run("pipe", *wrong)
    assert told.returncode == 2
    assert told.stdout == ""
    assert "Traceback" not in told.stderr
    assert "error:" in told.stderr


def test_by_default_it_sums_ten_million_terms() -> None:
    """As a user runs it for the first time, with ten workers."""
    told = _run("pipe")
    assert told.returncode == 0, told.stderr
    assert ulps(float(told.stdout), 10_000_000) <= 2
