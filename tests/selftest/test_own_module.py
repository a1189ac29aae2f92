"""A user's own module: how it is named, what it may declare, and what a failure shows."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import harness
from transports import NAMES

pytestmark = pytest.mark.suite

MODULE = """
import os
from tests.selftest.defects import honest

{more}

def run(n, workers):
    {check}
    return honest.run(n, workers)
"""


def _test(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the suite as bootstrap.py does, for somebody who is in the directory *place*."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=harness.ROOT,
        env=os.environ | {"IPC_CONFORMANCE_FROM": str(place)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nowhere", "No module named 'nowhere'"),
        ("nowhere.py", "No such file"),
        ("json", "json has no function run"),
        ("bad.py", "there is no clause Z9"),
    ],
)
def test_a_name_that_leads_nowhere_is_one_line_and_exit_status_4(
    tmp_path: Path, name: str, reason: str
) -> None:
    """The line has the reason, and the names of the built-in transports."""
    more = 'EXPECTED_FAILURES = {"Z9": "a typing error"}'
    (tmp_path / "bad.py").write_text(MODULE.format(more=more, check="pass"))
    result = _test(tmp_path, f"--transport={name}")
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    (line,) = filter(None, result.stderr.splitlines())
    assert reason in line
    assert ", ".join(NAMES) in line


def test_a_file_is_tested_from_any_directory_and_the_nine_are_left_out(tmp_path: Path) -> None:
    """It can import modules beside it.  One of the nine is tested if it is named too."""
    (tmp_path / "mine.py").write_text(MODULE.format(more="import beside", check="pass"))
    (tmp_path / "beside.py").touch()
    result = _test(tmp_path, "--transport=mine.py", "--profile=basic", "--transport=pipe")
    assert result.returncode == 0, result.stdout
    rows = [
        line.split() for line in result.stdout.splitlines() if line.startswith(("mine", "pipe"))
    ]
    assert [(row[0], row[-1]) for row in rows] == [("mine.py", "basic"), ("pipe", "basic")]
    assert "shm" not in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["tests/unit/test_channel.py"],
        ["--benchmark-only", "-k", "overhead and 2- or round_trip or 8B-1 or 1e4"],
    ],
    ids=["messages", "benchmarks"],
)
def test_whatever_is_not_a_clause_takes_a_file_too(tmp_path: Path, arguments: list[str]) -> None:
    """And the output says why it carries no messages."""
    (tmp_path / "mine.py").write_text(MODULE.format(more="", check="pass"))
    result = _test(tmp_path, "--transport=mine.py", "-rs", *arguments)
    assert result.returncode == 0, result.stdout
    assert "it has no channel(work, workers)" in result.stdout


LOSSY = """
import contextlib
from transports.pipe import channel as whole, run

class Lossy:
    def __init__(self, messages):
        self.send = messages.send
        self.messages = messages

    def __iter__(self):
        return (pair for at, pair in enumerate(self.messages) if at != {lost})

@contextlib.contextmanager
def channel(work, workers, **options):
    with whole(work, workers, **options) as messages:
        yield Lossy(messages)
"""


@pytest.mark.parametrize("lost", [-1, 1])
def test_a_channel_is_held_to_the_clauses_of_run(tmp_path: Path, lost: int) -> None:
    """A channel that loses a message fails, although `run` of the module is correct."""
    (tmp_path / "mine.py").write_text(LOSSY.format(lost=lost))
    every = "exact_for_every_number"
    result = _test(tmp_path, "--transport=mine.py", "--transport=mine.py:channel", "-k", every)
    assert result.returncode == (pytest.ExitCode.OK if lost < 0 else pytest.ExitCode.TESTS_FAILED)
    rows = [line.split() for line in result.stdout.splitlines() if line.startswith("mine.py")]
    assert [row[0] for row in rows] == ["mine.py", "mine.py:channel"]
    assert [row[1] for row in rows] == ["1/1", "1/1" if lost < 0 else "0/1"], result.stdout


def test_a_module_without_a_channel_says_so(tmp_path: Path) -> None:
    """With the reason of the module, or that of the suite."""
    (tmp_path / "mine.py").write_text(MODULE.format(more="", check="pass"))
    result = _test(
        tmp_path, "--transport=mine.py:channel", "--transport=file:channel", "-k", "exact"
    )
    assert result.returncode == pytest.ExitCode.OK, result.stdout
    assert "unsupported: it has no channel(work, workers)" in result.stdout
    assert "unsupported: a file" in result.stdout, result.stdout


def test_expected_failures_are_expected_and_only_these(tmp_path: Path) -> None:
    """A clause that fails as declared is no failure; one that passes is."""
    more = 'EXPECTED_FAILURES = {"H1": "it takes what it gets"}'
    (tmp_path / "mine.py").write_text(MODULE.format(more=more, check="n = abs(n)"))
    result = _test(tmp_path, "--transport=mine.py", "-k", "out_of_range")
    assert result.returncode == 0, result.stdout
    assert "H1 expected to fail" in result.stdout
    (tmp_path / "mine.py").write_text(MODULE.format(more=more, check="pass"))
    result = _test(tmp_path, "--transport=mine.py", "-k", "out_of_range")
    assert result.returncode == pytest.ExitCode.TESTS_FAILED
    assert "H1 passed, and is in EXPECTED_FAILURES: it takes what it gets" in result.stdout


def test_a_failure_tells_its_clause_its_remedy_and_how_to_see_it_again(tmp_path: Path) -> None:
    """And what was seen."""
    (tmp_path / "mine.py").write_text(MODULE.format(more="", check="os.open('/', os.O_RDONLY)"))
    result = _test(tmp_path, "--transport=mine.py", "-k", "after_a_return")
    assert result.returncode == pytest.ExitCode.TESTS_FAILED
    for text in (
        "LEAK: in the caller, descriptor",
        "B1 After a return or an exception nothing is left",
        "Usual cause and remedy: An object is not closed",
        "python3 bootstrap.py test --transport=mine.py 'tests/clauses/test_b_clean.py::",
    ):
        assert text in result.stdout
