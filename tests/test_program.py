"""Each reference transport as a program."""

import subprocess
import sys

import pytest

from tests import lab
from tests.lab.oracle import ulps


def _run(transport: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", transport, *arguments],
        cwd=lab.ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_it_prints_pi(transport: str) -> None:
    """And nothing else."""
    told = _run(transport, "1000", "3")
    assert (told.returncode, told.stderr) == (0, "")
    assert ulps(float(told.stdout), 1000) <= 2


def test_it_has_help(transport: str) -> None:
    """With its mechanism and its arguments."""
    told = _run(transport, "--help")
    assert told.returncode == 0
    assert "workers" in told.stdout
    assert "Limits" in told.stdout


@pytest.mark.parametrize("wrong", [["-1"], ["5", "0"], ["x"], ["1", "2", "3"], ["1.5"]])
def test_bad_arguments_are_a_clear_error(wrong: list[str]) -> None:
    """Exit status 2, one line behind the usage."""
    told = _run("transports.pipe", *wrong)
    assert told.returncode == 2
    assert told.stdout == ""
    assert "Traceback" not in told.stderr
    assert "error:" in told.stderr


def test_by_default_it_sums_ten_million_terms() -> None:
    """As a user runs it for the first time, with ten workers."""
    told = _run("transports.pipe")
    assert told.returncode == 0, told.stderr
    assert ulps(float(told.stdout), 10_000_000) <= 2
