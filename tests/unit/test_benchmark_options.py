"""The options of the benchmarks, without measuring anything."""

import ast
import itertools
import re
import signal
import subprocess
import sys

import pytest

from tests.benchmarks.tables import MARK
from tests.harness import ROOT
from tests.selftest.support_file import run_suite

pytest.importorskip("pytest_benchmark", reason="pytest-benchmark is not installed")


def _collected(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run_suite(ROOT, "--co", "--benchmark-only", *arguments, "tests/benchmarks")


def test_the_seed_of_the_order_is_printed_and_can_be_given() -> None:
    """Without it each run has another one."""
    found = []
    for given in ([], [], ["--rounds-seed=7"]):
        printed = _collected(*given, "-k", "test_overhead and pipe-2").stdout
        found += re.findall(r"^benchmarks: .* --rounds-seed=(\d+)$", printed, re.MULTILINE)
    assert found[2] == "7"
    assert len({*found}) == 3


def test_what_cannot_be_obeyed_is_refused_in_a_line() -> None:
    """A profile of what only tells what was measured would show nothing."""
    done = _collected("--benchmark-cprofile=tottime")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    (line,) = filter(None, done.stderr.splitlines())
    assert line.startswith("ERROR: --benchmark-cprofile: all is measured in rounds")


def test_the_tests_of_a_table_are_collected_together() -> None:
    """Transports, peers and floors, from several files."""
    printed = _collected("-q", "-k", "test_overhead and (pipe or fifo or floor)").stdout
    numbers = re.findall(r"::test_overhead\w*\[.*?\b(2|10|64)\b.*\]$", printed, re.MULTILINE)
    warm = ["warm" in line for line in printed.splitlines() if "::" in line]
    tables = [*zip(numbers, warm, strict=True)]
    changes = sum(one != other for one, other in itertools.pairwise(tables))
    assert len(numbers) > 12
    assert changes == len({*tables}) - 1


@pytest.mark.parametrize("name", ["pipe", "shm"])
def test_what_is_not_selected_is_not_measured(name: str) -> None:
    """A table has the tests that were selected; the floors are no tests of their own."""
    printed = _collected("-q", "-k", f"test_throughput and {name}-").stdout
    ids = [line for line in printed.splitlines() if "::" in line]
    assert ids
    assert all(f"[{name}-" in line for line in ids)


@pytest.mark.parametrize(
    ("arguments", "tables"),
    [
        (["-k", "pipe or shm"], set()),
        (["-k", "under_load and pipe"], {"break_even", "latency_under_load"}),
        (["-k", "break_even and pipe"], {"break_even"}),
        (["-k", "large_caller and pipe"], {"large_caller"}),
        (["-k", "pipe", "--all-tables"], {"break_even", "latency_under_load", "large_caller"}),
    ],
)
def test_what_is_on_request_is_left_out_unless_it_is_asked_for(
    arguments: list[str], tables: set[str]
) -> None:
    """It takes a minute, and its tables are none of the eight."""
    printed = _collected("-q", *arguments).stdout
    found = re.findall(
        r"/test_(?:under_load|large_caller)\.py::test_(\w+?)(?:_of_peers)?\[", printed
    )
    assert {*found} == tables
    assert "[pipe" in printed


def test_each_test_of_a_table_begins_by_telling_what_was_found() -> None:
    """All is measured before: one that skips on the way has been measured in vain."""
    found = 0
    for path in sorted((ROOT / "tests/benchmarks").glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef):
                continue
            if any(f".{MARK}(" in ast.unparse(each) for each in node.decorator_list):
                found += 1
                assert ast.unparse(node.body[1]) == "tell()", f"{path.name}: {node.name}"
    assert found > 10


def test_an_interrupt_ends_the_measurements_and_shows_what_was_measured() -> None:
    """With the exit status of an interrupted run."""
    some = "(test_round_trip or (test_throughput and 64B)) and (pipe or floor)"
    arguments = ["--benchmark-only", "tests/benchmarks", "-k", some]
    # A shell ignores SIGINT for what it starts in the background: POSIX, Shell Language, 2.11.
    heeding = (
        "import signal, pytest; signal.signal(signal.SIGINT, signal.default_int_handler);"
        " raise SystemExit(pytest.main())"
    )
    command = [sys.executable, "-c", heeding, *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("measured 1 of"):
                break
        process.send_signal(signal.SIGINT)
        printed = process.stdout.read()
    assert process.returncode == pytest.ExitCode.INTERRUPTED
    assert re.search(r"^ +\d  pipe +\d", printed, re.MULTILINE), printed
