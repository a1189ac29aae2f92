"""Each reference transport can be run as a program."""

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
    """And it prints nothing else."""
    result = _run(name, "1000", "3")
    if "unsupported here" in result.stderr:
        assert result.returncode == 1
        pytest.skip(result.stderr.strip())
    assert (result.returncode, result.stderr) == (0, "")
    assert ulps(float(result.stdout), 1000) <= 2


@pytest.mark.parametrize("name", transports.NAMES)
def test_it_has_help(name: str) -> None:
    """The help has its mechanism and its arguments."""
    result = _run(name, "--help")
    assert result.returncode == 0
    assert "workers" in result.stdout
    assert "Limits" in result.stdout


@pytest.mark.parametrize("wrong", [["-1"], ["5", "0"], ["x"], ["1", "2", "3"], ["1.5"]])
def test_bad_arguments_are_a_clear_error(wrong: list[str]) -> None:
    """The exit status is 2, and one line follows the usage."""
    result = _run("pipe", *wrong)
    assert result.returncode == 2
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert "error:" in result.stderr


def test_by_default_it_sums_ten_million_terms() -> None:
    """With ten workers: this is how a user runs it for the first time."""
    result = _run("pipe")
    assert result.returncode == 0, result.stderr
    assert ulps(float(result.stdout), 10_000_000) <= 2
