"""A run over several processes shows the same as a run in one: matrix, files, exit status."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from report.spread import Controller, group_of
from tests import harness

xdist = pytest.importorskip("xdist", reason="pytest-xdist is not installed")

TOY = """
import os, signal, time
import pytest

def pytest_generate_tests(metafunc):
    if "transport" in metafunc.fixturenames:
        names = ["good", "bad", "none", "odd@name]"]
        metafunc.parametrize("transport", names, scope="session", indirect=True)

@pytest.fixture(scope="session")
def transport(request):
    if request.param == "none":
        pytest.skip("none: the system says no")
    return request.param

@pytest.mark.clause("A1")
def test_it_is_right(transport, record_property):
    record_property("A1", "4 sums")
    if transport == "bad":
        pytest.fail("1 of 2 calls were not exact:\\nrun(1, 1) <returned> 3", pytrace=False)

@pytest.mark.clause("B1")
def test_left(transport):
    if transport == "good":
        pytest.skip("not judged: no run was exact")

@pytest.mark.clause("C4")
@pytest.mark.parametrize("case", [1, 2])
def test_locks(transport, case):
    pytest.skip("takes no lock")

@pytest.mark.clause("H1")
def test_refused(transport, request):
    with open("process", "a") as file:
        print(transport, os.getpid(), request.node.nodeid, file=file)
    if transport == "good" and os.environ["TOY"] == "crash":
        os.kill(os.getpid(), signal.SIGKILL)
    if transport == "good" and os.environ["TOY"] == "wait":
        time.sleep(60)

@pytest.mark.clause("H2")
def test_refused_too(transport, request):
    with open("process", "a") as file:
        print(transport, os.getpid(), request.node.nodeid, file=file)

def test_of_no_transport():
    pass
"""
INI = "[pytest]\nfilterwarnings = error\nmarkers =\n clause(id): x\n at_rest: x\n"
REST = """
@pytest.mark.at_rest
@pytest.mark.clause("D3")
def test_rests(transport):
    with open("rests", "a") as file:
        print(transport, os.getpid(), os.path.exists("process"), file=file)
    time.sleep(0.3)
"""
# A background job of a shell ignores SIGINT, and so do the processes that it starts.
MAIN = """
import signal, sys, pytest
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(pytest.main())
"""
PLUGINS = ["-p", "report.plugin", "-p", "no:cacheprovider", "-p", "no:hypothesispytest"]


def _start(directory: Path, *arguments: str, toy: str = "") -> "subprocess.Popen[str]":
    (directory / "test_toy.py").write_text(TOY, "utf-8")
    (directory / "pytest.ini").write_text(INI, "utf-8")
    return subprocess.Popen(
        [sys.executable, "-c", MAIN, *PLUGINS, "--report-dir=out", *arguments],
        cwd=directory,
        env=os.environ | {"PYTHONPATH": str(harness.ROOT), "TOY": toy, "COLUMNS": "80"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def _run(directory: Path, *arguments: str, toy: str = "") -> tuple[int, str, Any]:
    """Return the exit status, what was printed, and the transports of the support file."""
    directory.mkdir(exist_ok=True)
    process = _start(directory, *arguments, toy=toy)
    printed = process.communicate(timeout=120)[0]
    path = directory / "out" / "support.json"
    found = json.loads(path.read_text("utf-8"))["transports"] if path.exists() else printed
    return process.returncode, printed, found


def _matrix(printed: str) -> list[str]:
    """Return the lines of the matrix and below it, without the row of heads, sorted."""
    part = printed.split("support matrix")[1].split("report: ", maxsplit=1)[0]
    return sorted(part.splitlines()[1:])


def test_the_results_are_those_of_a_run_in_one_process(tmp_path: Path) -> None:
    """Matrix, notes, summary, support file, page and exit status."""
    one = _run(tmp_path / "one", "-v")
    two = _run(tmp_path / "two", "-v", "-n", "2", "--dist", "loadgroup")
    assert one[0] == two[0] == pytest.ExitCode.TESTS_FAILED
    assert one[2] == two[2]
    assert one[2]["bad"]["clauses"]["A1"]["outcome"] == "failed"
    assert one[2]["none"] == {"unsupported": "the system says no", "clauses": {}}
    assert _matrix(one[1]) == _matrix(two[1])
    assert "good: A1 4 sums" in two[1].splitlines()
    assert (tmp_path / "two" / "out" / "report.html").exists()
    assert "@" not in two[1].replace("odd@name]", ""), "the group is in no node id"


def test_those_that_sleep_run_in_one_process_and_begin_first(tmp_path: Path) -> None:
    """Of all transports; another process has begun with the others before they end."""
    (tmp_path / "test_rest.py").write_text(TOY + REST, "utf-8")
    _run(tmp_path, "test_rest.py", "-n", "2")
    lines = [line.split() for line in (tmp_path / "rests").read_text("utf-8").splitlines()]
    assert [line[0] for line in lines] == ["good", "bad", "odd@name]"]
    assert len({pid for _, pid, _ in lines}) == 1
    assert [begun for _, _, begun in lines][-1] == "True"
    (process,) = {pid for _, pid, _ in lines}
    others = [line.split() for line in (tmp_path / "process").read_text("utf-8").splitlines()]
    assert others[0][1] != process


@pytest.mark.parametrize("dist", [[], ["--dist=load"], ["--dist=loadgroup"]])
def test_the_tests_of_a_transport_run_in_one_process(tmp_path: Path, dist: list[str]) -> None:
    """Whatever --dist says."""
    _run(tmp_path, "-n", "2", *dist)
    lines = [line.split() for line in (tmp_path / "process").read_text("utf-8").splitlines()]
    processes: dict[str, set[str]] = {}
    for transport, pid, _ in lines:
        processes.setdefault(transport, set()).add(pid)
    assert processes.keys() == {"good", "bad", "odd@name]"}
    assert all(len(pids) == 1 for pids in processes.values())
    assert len({pid for pids in processes.values() for pid in pids}) == 2


@pytest.mark.parametrize("spread", [[], ["-n2"]], ids=["serial", "spread"])
def test_a_row_appears_when_its_transport_is_done_and_the_matrix_once(
    tmp_path: Path, spread: list[str]
) -> None:
    """With -q there are no rows before the end."""
    _, printed, _ = _run(tmp_path, *spread)
    before, after = printed.split("support matrix")
    assert before.splitlines().count("good        A 1/1  B 0/0?  C -  H 2/2  -") == 1
    assert before.splitlines().count("bad         A 0/1  B 1/1  C -  H 2/2  -") == 1
    assert "none        unsupported: the system says no" in before.splitlines()
    assert re.search(r"^transport +A +B +C +H +level$", after, re.MULTILINE)
    assert after.count("takes no lock") == 1
    quiet = _run(tmp_path, "-q", *spread)[1]
    assert "A 1/1" not in quiet
    assert _matrix(quiet.rsplit("\n", 2)[0] + "\nreport: ") == _matrix(
        printed.rsplit("\n", 2)[0] + "\nreport: "
    )


@pytest.mark.parametrize("spread", [[], ["-n2"]], ids=["serial", "spread"])
def test_x_ends_with_status_1_and_claims_nothing_of_what_was_not_run(
    tmp_path: Path, spread: list[str]
) -> None:
    """With pytest-xdist alone the status is 2, that of an interruption."""
    status, printed, found = _run(tmp_path, "-x", *spread)
    assert status == pytest.ExitCode.TESTS_FAILED, printed
    assert "H1" not in found["bad"]["clauses"]


def test_an_interruption_shows_what_was_run_and_leaves_no_process(tmp_path: Path) -> None:
    """Ctrl-C in a terminal goes to all processes of the run."""
    process = _start(tmp_path, "-n2", "-v", toy="wait")
    assert process.stdout
    seen = b""
    while b"test_refused[good]" not in seen:  # it is told where it starts, after what was before
        data = os.read(process.stdout.fileno(), 65536)
        assert data, seen
        seen += data
    os.killpg(process.pid, signal.SIGINT)
    printed = process.communicate(timeout=60)[0]  # it ends when the last process has closed it
    assert process.returncode == pytest.ExitCode.INTERRUPTED, printed
    assert "good: B1 not judged: no run was exact" in printed
    found = json.loads((tmp_path / "out" / "support.json").read_text("utf-8"))["transports"]
    assert "H1" not in found["good"]["clauses"]
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_a_process_that_crashes_is_an_error_that_is_told_once(tmp_path: Path) -> None:
    """The test in which it crashed is not run again; the others of its transport are run."""
    status, printed, found = _run(tmp_path, "-n2", toy="crash")
    assert status == pytest.ExitCode.TESTS_FAILED, printed
    assert printed.count("FAILED test_toy.py::test_refused[good]") == 1
    assert re.search(r"^  worker 'gw\d' crashed while running 'test_toy.py::test_refused\[good\]'",
                     printed, re.MULTILINE)  # fmt: skip
    assert "H1" not in found["good"]["clauses"], "it is no fault of the transport"
    assert found["good"]["clauses"]["H2"] == {"outcome": "passed"}
    assert found["odd@name]"]["clauses"]["H1"] == {"outcome": "passed"}


class _Node:
    """Stands for a process of pytest-xdist."""

    def __init__(self) -> None:
        self.gone = False
        self.sent: list[int] = []
        self.shutting_down = False
        self.gateway = SimpleNamespace(id="gw")

    def send_runtest_some(self, indices: list[int]) -> None:
        if self.gone:
            raise OSError("cannot send (already closed?)")
        self.sent += indices

    def shutdown(self) -> None:
        self.shutting_down = True


@pytest.mark.parametrize("gone", [False, True], ids=["told", "not told yet"])
def test_the_process_in_the_place_of_a_crashed_one_gets_all_that_is_left(gone: bool) -> None:
    """It waits with its last test for another, so one test alone would be for ever.

    A process may have crashed before the end of an earlier test of it is known.
    """
    options: Any = {"tx": ["popen", "popen"], "maxprocesses": None}
    config = SimpleNamespace(getvalue=options.get, option=SimpleNamespace(loadscopereorder=True))
    scheduler = Controller().pytest_xdist_make_scheduler(config, None)  # type: ignore[arg-type]
    tests = ["t::0@a", "t::1@a", "t::2@a", "t::3@b", "t::4@b", "t::5@b", "t::6@c", "t::7@c"]
    crashes, other, substitute = _Node(), _Node(), _Node()
    for node in (crashes, other):
        scheduler.add_node(node)
        scheduler.add_node_collection(node, tests)
    scheduler.schedule()
    assert (crashes.sent, other.sent) == ([0, 1, 2], [3, 4, 5])
    crashes.gone = gone
    scheduler.mark_test_complete(crashes, 0)  # two are left, so it gets the last group
    assert crashes.sent == ([0, 1, 2] if gone else [0, 1, 2, 6, 7])
    scheduler.mark_test_complete(other, 3)
    assert other.shutting_down
    assert scheduler.remove_node(crashes) == "t::1@a"
    scheduler.add_node(substitute)
    scheduler.add_node_collection(substitute, tests)
    scheduler.schedule()
    assert sorted(substitute.sent) == [2, 6, 7], "all but the one that it crashed in"


FORKS = """
import warnings

def test_fork():
    text = "This process (pid=7) is multi-threaded, use of fork() may lead to deadlocks"
    warnings.warn(text, DeprecationWarning)
"""


@pytest.mark.parametrize(("spread", "status"), [(["-n1"], 0), ([], 1)])
def test_a_fork_beside_the_thread_of_xdist_is_no_error(
    tmp_path: Path, spread: list[str], status: int
) -> None:
    """Python 3.12 and later warn of it; without pytest-xdist, there is no such thread."""
    (tmp_path / "test_forks.py").write_text(FORKS, "utf-8")
    assert _run(tmp_path, "test_forks.py", *spread)[0] == status


def test_junit_has_all_tests_with_their_plain_names(tmp_path: Path) -> None:
    """As in one process."""
    names = []
    for spread in ([], ["-n2"]):
        _run(tmp_path, f"--junitxml={tmp_path}/junit.xml", *spread)
        root = ET.parse(tmp_path / "junit.xml").getroot()  # noqa: S314 - our own
        names.append(sorted(case.attrib["name"] for case in root.iter("testcase")))
    assert names[0] == names[1]


def test_benchmarks_are_not_spread(tmp_path: Path) -> None:
    """They would measure each other: one line, before any process starts."""
    status, printed, _ = _run(tmp_path, "-n2", "--benchmark-only")
    assert status == pytest.ExitCode.USAGE_ERROR
    (line,) = filter(None, printed.splitlines())
    assert "benchmarks run one after another" in line


def test_without_xdist_all_runs_in_one_process(tmp_path: Path) -> None:
    """It need not be installed."""
    status, printed, found = _run(tmp_path, "-p", "no:xdist")
    assert status == pytest.ExitCode.TESTS_FAILED, printed
    assert found["odd@name]"]["clauses"]["A1"] == {"outcome": "passed"}


def test_tests_of_no_transport_are_grouped_by_file(request: pytest.FixtureRequest) -> None:
    """This one too."""
    assert group_of(request.node) == "tests/unit/test_report_spread.py"


@pytest.mark.parametrize(
    ("clause", "alone", "group"),
    [
        ("A1", False, "pipe"),
        ("A1", True, "pipe, A and D"),
        ("D4", True, "pipe, A and D"),
        ("B2", True, "pipe, B"),
        ("C13", True, "pipe, C"),
        (None, True, "pipe, C"),
    ],
)
def test_one_transport_alone_is_three_groups(clause: str | None, alone: bool, group: str) -> None:
    """By families; a test of no clause, such as one of a channel, is of the third."""
    marks = {"clause": SimpleNamespace(args=(clause,))} if clause else {}
    assert group_of(_item(marks), alone=alone) == group


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize(
    ("mark", "group"), [("at_rest", "at_rest"), ("exhaustive", "pipe, test_file.py")]
)
def test_long_tests_are_groups_of_their_own(mark: str, alone: bool, group: str) -> None:
    """By files, for they share trials there."""
    marks = {mark: SimpleNamespace(), "clause": SimpleNamespace(args=("A6",))}
    assert group_of(_item(marks), alone=alone) == group


def _item(marks: dict[str, SimpleNamespace]) -> Any:
    return SimpleNamespace(
        nodeid="test_file.py::test_it[pipe]",
        callspec=SimpleNamespace(params={"transport": "pipe"}),
        get_closest_marker=marks.get,
    )
