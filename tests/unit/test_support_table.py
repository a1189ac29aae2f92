"""The support tables say what the files in docs/results/platforms say, and these are of runs."""

import errno
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest

from report.clauses import clauses
from report.formats import Support, Verdict
from tests.harness import ROOT
from tests.platforms import conditions, interpreters, running, tables
from tests.platforms import rows as kept
from tests.platforms.rows import Row

FILES = sorted(kept.RESULTS.glob("*.json"))


def test_the_tables_are_those_of_the_files() -> None:
    """README.md and docs/support.md: if not, run ``python docs/platforms.py table``."""
    readme = (ROOT / "README.md").read_text("utf-8")
    assert tables.with_short(readme, tables.short(kept.rows(), running.SHORT)) == readme
    page = tables.page(kept.rows(), running.SHORT)
    assert (ROOT / "docs/support.md").read_text("utf-8") == page


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_of_a_run_or_says_why_there_was_none(path: Path) -> None:
    """It has a date, a commit, and no directory of the machine that it was made on."""
    text = path.read_text("utf-8")
    row = cast("Row", json.loads(text))
    assert path.stem == f"{row['platform']}-{row['condition']}"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row["date"])
    assert re.fullmatch(r"[0-9a-f]{12}", row["commit"] or "")
    assert row["reason"] or row["transports"].keys() == {*running.NINE}
    assert not re.search(r"/(root|home|work|mnt|Users|opt)\b", text)
    if row["condition"] != tables.ANY:
        assert conditions.parts(row["condition"])
    known = {*clauses()}
    for ran in row["transports"].values():
        told = {*ran.get("failed", {}), *ran.get("skipped", {}), *ran.get("not_judged", {})}
        assert {*ran.get("passed", "").split(), *ran.get("partial", "").split(), *told} <= known


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project, in which a script may write."""
    place = tmp_path_factory.mktemp("project") / "copy"
    left_out = shutil.ignore_patterns(".git", ".*cache", ".venv*", "node_modules")
    return shutil.copytree(ROOT, place, ignore=left_out)


@pytest.mark.parametrize(
    "command",
    ["docs/platforms.py --help", "docs/platforms.py table", "docs/peers.py tables", "-m report -h"],
)
def test_a_script_of_the_tables_starts_without_any_package(command: str, copy: Path) -> None:
    """As a bare python3 starts it, which a page tells the reader to do."""
    started = subprocess.run(
        [sys.executable, "-S", *command.split()],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode == 0, started.stderr


def _support(**verdicts: Verdict) -> Support:
    transports = {
        "pipe": {"unsupported": None, "clauses": verdicts},
        "shm": {"unsupported": "/x/y/lib: no such thing\nmore", "clauses": {}},
    }
    return cast("Support", {"transports": transports})


def _row(**more: Any) -> Row:
    row = running.unrun("cpython-3.11-glibc-x86_64", "root", "", ["A1"])
    return cast("Row", row | {"reason": None} | more)


def test_a_row_has_the_outcomes_of_the_support_file() -> None:
    """In the order of the clauses, of a reason the first line, and without directories."""
    found = kept.condense(
        _support(
            C10={"outcome": "passed"},
            A1={"outcome": "passed"},
            C2={"outcome": "passed", "partial": True},
            F1={"outcome": "failed", "reason": "LEAK: /x/y/tests/a.py\nmore"},
            G1={"outcome": "skipped", "reason": "no other user"},
            B1={"outcome": "not judged", "reason": "see A1"},
        ),
        ["/x", "/x/y"],
    )
    assert found == {
        "pipe": {
            "passed": "A1 C10",
            "partial": "C2",
            "failed": {"F1": "LEAK: tests/a.py"},
            "skipped": {"G1": "no other user"},
            "not_judged": {"B1": "see A1"},
        },
        "shm": {"unsupported": "lib: no such thing"},
    }
    assert kept.share(_row(transports=found)) == "2/3"
    assert kept.share(_row(transports={})) == "-"


def test_a_failure_stands_on_the_page_and_counts_in_both_tables() -> None:
    """One line for a reason that several transports have."""
    failed = {"failed": {"F1": "LEAK: a | b"}, "passed": "A1"}
    row = _row(transports={"pipe": failed, "tcp": failed, "shm": {"passed": "A1"}})
    text = tables.page([row], ["A1"])
    assert "| root | 3/5 |" in text
    assert "- F1 of pipe, tcp: LEAK: a \\| b\n" in text
    assert tables.short([row], ["A1"]).splitlines()[2] == "| root | 3/5 |"
    assert "busy" not in text
    busy = _row(load=9.0, cpus=2, transports=row["transports"])
    assert "busy: a load of 9 on 2 processors" in tables.page([busy], ["A1"])


def test_what_was_not_run_or_not_finished_says_why() -> None:
    """And is no success."""
    none = _row(reason="no such thing", condition="container")
    part = _row(reason="not finished within 9 s", transports={"pipe": {"passed": "A1"}})
    text = tables.page([none, part], ["A1"])
    table = tables.short([none, part], ["A1"]).splitlines()
    assert table[2:] == ["| root | 1/1? |", "| ordinary user | – |", "| container | – |"]
    few = _row(transports={"pipe": {"passed": "A1"}})
    assert "| root | 1/1? |" in tables.short([few], ["A1", "B1"])
    assert "| root | 1/1 |" in tables.short([few | {"clauses": "all"}], ["A1", "B1"])
    assert "| container | not run |" in text
    assert "Not run: no such thing." in text
    assert "| root | 1/1, not finished |" in text
    assert "Not finished: not finished within 9 s." in text


@pytest.mark.parametrize(
    ("python", "libc", "free", "name"),
    [
        ("CPython 3.14.10", "glibc 2.42", False, "cpython-3.14-glibc-arm64"),
        ("CPython 3.13.0", "musl 1.2.3", True, "cpython-3.13t-musl-arm64"),
        ("PyPy 3.11.17", None, False, "pypy-3.11-libc-arm64"),
    ],
)
def test_a_platform_is_named_by_python_c_library_and_machine(
    python: str, libc: str | None, free: bool, name: str
) -> None:
    """A free-threaded build is another one."""
    about = {"python": python, "libc": libc, "free_threaded": free, "machine": "arm64"}
    assert interpreters.name_of(cast("interpreters.Interpreter", about)) == name


def test_conditions_are_nested_in_one_order() -> None:
    """Rights are given up last."""
    assert conditions.parts("user+one-cpu+container") == ["container", "one-cpu", "user"]
    with pytest.raises(KeyError, match="there is no condition nonsense; there are root, "):
        conditions.parts("root+nonsense")


def test_what_cannot_be_had_is_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last line of what was said, or the one of Python's fatal error."""
    assert conditions.refusal("one-cpu", str(tmp_path / "python")) is not None
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho 'Fatal Python error: no GIL' >&2; echo more >&2; exit 1\n")
    program.chmod(0o755)
    assert conditions.refusal("no-gil", str(program)) == "Fatal Python error: no GIL"
    if sys.version_info < (3, 13):
        assert conditions.refusal("no-gil", sys.executable) == "this Python has a GIL"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert conditions.refusal("root", sys.executable) == "this user is not root"
    assert conditions.within("user", ["true"]) == ["true"]


def _within(condition: str, code: str) -> str:
    """Return what *code* prints in *condition*, or skip where the system refuses it."""
    shown = subprocess.run(
        conditions.within(condition, [sys.executable, "-c", code]),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if shown.returncode:
        pytest.skip(shown.stderr[-200:])
    return shown.stdout.strip()


@pytest.mark.parametrize(
    ("condition", "code", "expected"),
    [
        ("user+no-gil", "import os; print(os.environ['PYTHON_GIL'], 'HOME' in os.environ)",
         "0 True"),
        ("no-proc", "import os; print(os.path.exists('/proc/self'))", "False"),
        ("no-shm", "import os; print(os.path.exists('/dev/shm'), os.path.exists('/dev/null'))",
         "False True"),
        ("read-only", "import os; print(os.access('pyproject.toml', os.W_OK))", "False"),
        ("pid-1", "import os; print(os.getpid())", "1"),
        ("one-cpu", "import os; print(len(os.sched_getaffinity(0)))", "1"),
        ("descriptors-256",
         "import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE))", "(256, 256)"),
        ("user", "import os; print(os.geteuid() == 0, os.getgroups())", "False []"),
        ("capabilities",
         "print(*(line.split()[1] for line in open('/proc/self/status') if 'CapEff' in line))",
         "00000000a80425fb"),
        ("container", "import os; print(os.getpid(), os.statvfs('/dev/shm').f_blocks * 4096 >> 20)",
         "1 64"),
    ],
)  # fmt: skip
def test_a_condition_is_what_it_says(condition: str, code: str, expected: str) -> None:
    """Where it can be had."""
    if "user" in condition and os.geteuid():
        pytest.skip("this is an ordinary user already")
    assert _within(condition, code) == expected


REFUSED = """
import ctypes, os, subprocess, threading

libc = ctypes.CDLL(None, use_errno=True)

def tried(call):
    return ctypes.get_errno() if call() else 0

print(tried(lambda: libc.unshare(0x20000)), tried(lambda: libc.umount2(b"/nonexistent", 0)))
pid = os.fork()
if not pid:
    os._exit(3)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), subprocess.run(["true"]).returncode)
thread = threading.Thread(target=print, args=["a thread"])
thread.start()
thread.join()
"""


@pytest.mark.skipif(not shutil.which("true"), reason="no program true")
def test_the_filter_refuses_namespaces_and_mounts_alone() -> None:
    """Processes and threads are made as before."""
    shown = _within("seccomp", REFUSED)
    assert shown.split("\n") == [f"{errno.EPERM} {errno.EPERM}", "3 0", "a thread"]


@pytest.mark.parametrize(
    ("status", "output", "why"),
    [
        (0, "1 passed", None),
        (1, "1 failed", None),
        (None, "", "not finished within 9 s"),
        (4, "ERROR: no /proc\n\n", "exit status 4: no /proc"),
        (
            3,
            "INTERNALERROR> in a line\nINTERNALERROR> KeyError: 1\nend",
            "exit status 3: KeyError: 1",
        ),
        (-9, "", "exit status -9: it said nothing"),
    ],
)
def test_why_there_was_no_run(status: int | None, output: str, why: str | None) -> None:
    """Only one that ends with tests passed or failed is one."""
    assert running._why(status, output, 9) == why


def test_a_run_has_a_limit(tmp_path: Path) -> None:
    """One that does not end has no exit status; what it printed is kept."""
    output = tmp_path / "output"
    code = "import time; time.sleep(600)"
    assert running._ended([sys.executable, "-c", code], str(output), 1) is None
    assert output.exists()
    assert running._ended([sys.executable, "-c", "print(5); exit(3)"], str(output), 600) == 3
    assert output.read_text() == "5\n"


def test_the_program_makes_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one transport, in the condition that any machine has."""
    monkeypatch.setattr(kept, "RESULTS", tmp_path)
    monkeypatch.setattr(running, "NINE", ["pipe"])
    condition = "user" if os.geteuid() else "root"
    row = running.run(sys.executable, condition, ["H1"], 120, "a test")
    assert row["reason"] is None
    assert row["transports"] == {"pipe": {"passed": "H1"}}
    assert json.loads(kept.keep(row).read_text("utf-8")) == row
    assert row["note"] == "a test"
    assert row["clauses"] == "H1"


def test_the_program_says_what_it_can_do() -> None:
    """And refuses a condition that there is not, before any run."""
    spec = importlib.util.spec_from_file_location("docs_platforms", ROOT / "docs/platforms.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with pytest.raises(SystemExit) as stopped:
        module.main(["run", "root", "nonsense"])
    assert stopped.value.code == 2
