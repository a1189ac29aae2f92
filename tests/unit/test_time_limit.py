"""The limit of each test: tests.harness.time_limit."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness import ROOT

pytest.importorskip("pytest_timeout", reason="pytest-timeout is not installed")

TEST = """
import os

def test_that_opens_a_fifo_of_nobody(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    os.open(tmp_path / "fifo", os.O_RDONLY)

def test_after_it():
    pass
"""


def test_a_test_that_never_ends_fails_and_the_next_one_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says where the test has waited."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    (tmp_path / "test_endless.py").write_text(TEST)
    limit = "from tests.harness import time_limit; time_limit.LIMIT = 0.5; import sys, pytest; "
    run = "sys.exit(pytest.main(['-p', 'tests.harness.time_limit', '-q', '.']))"
    result = subprocess.run(
        [sys.executable, "-c", limit + run],
        cwd=tmp_path,
        env=dict(os.environ, PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "1 failed, 1 passed" in result.stdout, result.stdout + result.stderr
    assert "os.open(tmp_path" in result.stdout
