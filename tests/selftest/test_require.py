"""--require: which transports must be supported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import harness
from tests.selftest.support_file import support_of

_REASONS = {
    "posix_mq": "OSError: this system has no POSIX message queues",
    "sysv_mq": "ModuleNotFoundError: sysv_ipc is not installed",
}


def _test(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a few tests as on a system without POSIX queues, and without the package sysv_ipc."""
    (place / "posix_ipc.py").write_text("MESSAGE_QUEUES_SUPPORTED = False")
    (place / "sysv_ipc.py").write_text('raise ModuleNotFoundError("none", name="sysv_ipc")')
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, "-k", "out_of_range", *arguments, "tests/clauses/test_h_arguments.py"],
        cwd=harness.ROOT,
        env=os.environ | {"PYTHONPATH": str(place)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("names", "missed"),
    [
        ("", []),
        ("pipe", []),
        ("posix_mq", ["posix_mq"]),
        ("all", ["posix_mq", "sysv_mq"]),
        ("all,-posix_mq", ["sysv_mq"]),
        ("all,-posix_mq,-sysv_mq", []),
    ],
)
def test_what_is_required_and_missing_is_an_error(
    tmp_path: Path, names: str, missed: list[str]
) -> None:
    """A transport that is left out of "all" is skipped."""
    given = [f"--transport={name}" for name in ("pipe", "posix_mq", "sysv_mq")]
    result = _test(tmp_path, *given, f"--require={names}")
    lines = [line for line in result.stdout.splitlines() if line.startswith("ERROR ")]
    assert [line.split("[")[1].split("]")[0] for line in lines] == missed, result.stdout
    assert result.returncode == (pytest.ExitCode.TESTS_FAILED if missed else pytest.ExitCode.OK)
    said = " ".join(result.stdout.split())  # lines are folded
    for name in missed:
        assert f"required transport {name} is unsupported: {_REASONS[name]}" in said


@pytest.mark.parametrize("spread", [[], ["-n2"]], ids=["serial", "spread"])
def test_a_transport_that_is_missing_is_one_error_or_one_skip(
    tmp_path: Path, spread: list[str]
) -> None:
    """Whatever the number of its tests; no clause of it is judged."""
    given = [f"--transport={name}" for name in ("pipe", "posix_mq", "sysv_mq")]
    report = f"--report-dir={tmp_path}"
    result = _test(tmp_path, *given, report, "--require=posix_mq", "-k", "arguments", *spread)
    assert result.returncode == pytest.ExitCode.TESTS_FAILED
    assert "2 passed" in result.stdout, result.stdout
    assert "1 skipped" in result.stdout, result.stdout
    assert "1 error" in result.stdout, result.stdout
    assert "Usual cause and remedy" not in result.stdout
    found = support_of(tmp_path, result.stdout)["transports"]
    for name in ("posix_mq", "sysv_mq"):
        assert (found[name]["unsupported"] or "").startswith(_REASONS[name]), found
        assert not found[name]["clauses"]


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ("nowhere", "no transport nowhere"),
        ("all,-nowhere", "no transport -nowhere"),
        ("-posix_mq", "-posix_mq is left out of 'all'"),
    ],
)
def test_a_name_that_there_is_not_is_one_line(tmp_path: Path, names: str, reason: str) -> None:
    """And it is a usage error, before any test runs."""
    result = _test(tmp_path, f"--require={names}")
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    (line,) = filter(None, result.stderr.splitlines())
    assert reason in line


def test_a_transport_that_is_not_given_may_be_left_out(tmp_path: Path) -> None:
    """Because it is a reference transport."""
    result = _test(tmp_path, "--transport=pipe", "--require=all,-posix_mq")
    assert result.returncode == pytest.ExitCode.OK, result.stderr
