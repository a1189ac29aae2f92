"""A hang in words: what was called, what had been done to whom, and who waits where."""

import faulthandler
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.harness.hang import (
    CALLER,
    PROVEN,
    RUNNING,
    Explained,
    Frame,
    Stuck,
    circled,
    explain,
    frames_of,
    idled,
    is_own,
)

TARGET = "/home/me/mine.py"

CALLERS = """\
Thread 0x00007f22933d46c0 (most recent call first):
  File "/usr/lib/python3.11/threading.py", line 982 in run

Current thread 0x00007f2293fd5b80 (most recent call first):
  File "/usr/lib/python3.11/multiprocessing/connection.py", line 395 in _recv
  File "/usr/lib/python3.11/multiprocessing/queues.py", line 103 in get
  File "/home/me/mine.py", line 12 in <genexpr>
  File "/home/me/mine.py", line 11 in run
  File "/suite/tests/scenarios/protocol.py", line 190 in call
"""
WORKERS = """\
Current thread 0x00007f22933d46c0 [python] (most recent call first):
  File "/home/me/beside.py", line 3 in rest
  File "/home/me/mine.py", line 5 in part
"""


def _messages(**call: Any) -> list[dict[str, Any]]:
    called = {"kind": "called", "pid": 10, "at": 1.0, "n": "30", "workers": "3"} | call
    earlier = {"kind": "called", "pid": 10, "at": 0.0, "n": "2", "workers": "2"}
    ended = {"kind": "outcome", "pid": 10, "at": 0.5}
    injected = {"kind": "injected", "pid": 12, "at": 1.5, "way": 9}
    return [earlier, ended, called, injected]


def test_a_hang_is_told_by_its_call_its_fault_and_the_lines_of_the_module() -> None:
    """The module's own lines come first; equal waits are told once."""
    stuck = [
        Stuck(10, CALLER, CALLERS, "read(pipe)"),
        Stuck(11, 1, WORKERS),
        Stuck(13, 3, WORKERS),
        Stuck(14, None, "", "poll"),
    ]
    assert explain(TARGET, 20, _messages(way=9), stuck) == Explained(
        "run(30, 3) did not return within 20 s after a worker (pid 12) died of SIGKILL.\n"
        "The caller (pid 10) waits at mine.py, line 12, in run, in get (queues.py); "
        "innermost: connection.py, line 395, in _recv, the system call read(pipe).\n"
        "Worker 1 (pid 11), worker 3 (pid 13) wait at beside.py, line 3, in rest.\n"
        "Process (pid 14) waits in the system call poll.",
        "_recv < mine.py, line 12, in <genexpr>",
        of_a_death=True,
        run=("30", "3"),
    )


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ({"way": "exit"}, "after a worker (pid 12) died of SIGKILL"),
        ({"case": "umask 0"}, "run(30, 3) (case: umask 0) did not return"),
        ({"at": 2.0, "where": "child 1, before write (#5)"}, "at this point: child 1, before wri"),
        (
            {"at": 2.0, "victim": 2, "delay": 1e-3},
            "where child 2 was to die 0.001000 s from its birth",
        ),
        ({"at": 2.0, "injected": True}, "where a worker was to be killed, or to raise"),
    ],
)
def test_the_fault_of_the_call_is_told(call: dict[str, Any], text: str) -> None:
    """Only faults since the call has begun count."""
    assert text in explain(TARGET, 20, _messages(**call), []).text


def test_a_hang_that_is_proven_is_told_as_such() -> None:
    """Then no time has passed that would say anything."""
    text = explain(TARGET, 0, _messages(way=9), [Stuck(10, CALLER, CALLERS)], PROVEN).text
    assert text.startswith(
        "run(30, 3) did not return after a worker (pid 12) died of SIGKILL; all of its threads"
        " wait without a time limit, and no other process can wake them.\nThe caller (pid 10) waits"
    )
    assert text.endswith("No other process of the run is alive: nobody can end this wait.")


def test_a_hang_whose_threads_look_again_and_again_is_told_as_such() -> None:
    """With how long that was seen."""
    text = explain(TARGET, 0, _messages(way=9), [Stuck(10, CALLER, CALLERS)], circled(10)).text
    assert text.startswith(
        "run(30, 3) did not return after a worker (pid 12) died of SIGKILL; its threads wake by"
        " time alone, and have gone back to where they were for 10 s.\nThe caller (pid 10) waits"
    )


def test_only_a_call_with_a_fault_is_of_a_death() -> None:
    """A hang without one has another cause, though the caller waits in the same line."""
    stuck = [Stuck(10, CALLER, CALLERS)]
    with_fault, without = (
        explain(TARGET, 20, _messages(**more), stuck) for more in ({"where": "child 1"}, {})
    )
    assert with_fault.signature == without.signature
    assert with_fault.of_a_death
    assert not without.of_a_death


def test_a_caller_without_workers_waits_for_nobody() -> None:
    """Then its wait has no end; nothing is said of workers where nobody could look."""
    alone = explain(TARGET, 20, _messages(), [Stuck(10, CALLER, CALLERS)])
    assert alone.text.endswith("No other process of the run is alive: nobody can end this wait.")
    assert "alive" not in explain(TARGET, 20, _messages(), []).text


def test_a_process_that_computes_does_not_wait() -> None:
    """It may end by itself."""
    stuck = [Stuck(10, CALLER, CALLERS, RUNNING)]
    found = explain(TARGET, 20, _messages(), stuck)
    assert "The caller (pid 10) computes at mine.py, line 12, in run" in found.text
    assert "alive" not in found.text
    assert found.computes_alone
    assert not explain(TARGET, 20, _messages(), [*stuck, Stuck(11, 1, WORKERS)]).computes_alone


def test_a_trial_that_was_cut_short_does_not_name_its_limit() -> None:
    """It says for how long nothing happened."""
    text = explain(TARGET, 20, _messages(), [], idled(2.0)).text
    assert text.splitlines()[0].endswith("; its processes have hardly computed for 2 s.")
    assert "20" not in text


def test_the_caller_is_the_process_that_has_called() -> None:
    """A scenario may have forked it; then the interpreter of the trial waits for it."""
    messages = _messages()
    messages[2]["pid"] = 99
    stuck = [Stuck(10, CALLER, "", "wait4"), Stuck(99, None, CALLERS)]
    text = explain(TARGET, 20, messages, stuck).text
    assert "The caller (pid 99) waits at mine.py" in text
    assert "wait4" not in text


def test_a_worker_that_the_suite_holds_is_told_as_such() -> None:
    """Its wait is no fault of the module."""
    stack = (
        "Current thread 0x1 (most recent call first):\n"
        '  File "/suite/tests/scenarios/injection.py", line 90 in act\n'
        '  File "/home/me/mine.py", line 5 in part\n'
    )
    text = explain(TARGET, 20, _messages(), [Stuck(11, 1, stack)]).text
    assert (
        "Worker 1 (pid 11) waits where the suite holds it (injection.py, line 90, in act)" in text
    )


def test_what_faulthandler_writes_is_read() -> None:
    """Of all threads, the main one last."""
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    with tempfile.TemporaryFile("w+") as file:
        faulthandler.dump_traceback(file, all_threads=True)
        file.seek(0)
        threads = frames_of(file.read())
    over.set()
    thread.join()
    own = sys._getframe().f_code
    assert threads[-1][0].file == own.co_filename
    assert threads[-1][0].function == own.co_name
    assert any(frame.function == "wait" for frame in threads[0])


@pytest.mark.parametrize(
    ("file", "target", "own"),
    [
        ("/home/me/mine.py", TARGET, True),
        ("/home/me/beside.py", TARGET, True),
        ("/home/me/mine.py", f"{TARGET}:channel", True),
        ("/home/me/.venv/lib/python3.11/site-packages/x.py", TARGET, False),
        ("/usr/lib/python3.11/queue.py", TARGET, False),
        ("/x/pkg/impl.py", "pkg.impl", True),
        ("/x/pkg/other.py", "pkg.impl", True),
        ("/x/impl/__init__.py", "impl", True),
        ("/x/other.py", "impl", False),
        ("/suite/tests/scenarios/basics.py", "tests.selftest.defects.honest", False),
    ],
)
def test_the_lines_of_the_module_are_its_own_and_those_beside_it(
    file: str, target: str, own: bool
) -> None:
    """A virtual environment below its directory is not."""
    assert is_own(file, target) == own


def test_a_line_is_shown_with_its_source(tmp_path: Path) -> None:
    """As it is in the file now."""
    path = tmp_path / "mine.py"
    path.write_text("def run(n, workers):\n    return queue.get()\n")
    stack = f'Thread 0x1 (most recent call first):\n  File "{path}", line 2 in run\n'
    text = explain(str(path), 20, _messages(), [Stuck(10, CALLER, stack)]).text
    assert "waits at mine.py, line 2, in run: `return queue.get()`." in text
    assert str(Frame(str(path), 2, "run")) == "mine.py, line 2, in run"


def test_a_hang_shows_the_last_line_that_was_printed() -> None:
    """Of a worker's traceback it is the exception."""
    printed = "Traceback (most recent call last):\n  File ...\nTypeError: no int\n"
    text = explain(TARGET, 20, _messages(), [], output=printed).text
    assert text.splitlines()[-1] == "The last line that was printed: TypeError: no int"
    assert "printed" not in explain(TARGET, 20, _messages(), [], output=" \n").text


@pytest.mark.parametrize("case", ["death", "death, +3600 s"])
def test_a_case_of_a_death_is_one(case: str) -> None:
    """Whatever else was done in it."""
    assert explain(TARGET, 20, _messages(case=case), []).of_a_death
    assert not explain(TARGET, 20, _messages(case="slow, +3600 s"), []).of_a_death
