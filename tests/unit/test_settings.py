"""Settings of a process: what changes is told in words, and nothing else."""

import json
import os
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.harness import ROOT
from tests.system.settings import of_the_rest
from tests.system.settings.groups import Group, by_kind, changes, only_steady, without_imports

# What is done in a process, and what is said then. <r>, <w> and <file> are descriptors.
CASES = {
    "None": "",
    "os.umask(0o077)": "the umask of the caller: 0022 before, 0077 after",
    "os.chdir('/')": "the current directory of the caller: /dev before, / after",
    "os.nice(3)": "the niceness of the caller: ",
    "os.setsid()": "the session of the caller: ",
    "os.environ['PI'] = '3'": "environment variable PI of the caller: not set before, 3 after",
    "os.putenv('PI', '3')": (
        "environment variable PI, by getenv(3), of the caller: as in os.environ before, 3 after"
    ),
    "socket.setdefaulttimeout(9)": (
        "socket.getdefaulttimeout() of the caller: None before, 9.0 after"
    ),
    "sys.excepthook = print": (
        "sys.excepthook of the caller: <built-in function excepthook> before, "
        "<built-in function print> after"
    ),
    "sys.path.append('mine')": "sys.path of the caller: now with mine",
    "builtins.pi = 3": "the builtin pi of the caller: none before, 3 after",
    "socket.fromfd = print": "the standard library's socket.fromfd of the caller: <function fromfd",
    "logging.disable()": (
        "the level that logging.disable() has set of the caller: NOTSET before, CRITICAL after"
    ),
    "decimal.getcontext().prec = 3": "decimal.getcontext() of the caller: Context(prec=28",
    "decimal.Decimal(1) / 3": "",
    "random.random()": "the state of random of the caller: one with hash ",
    "gc.set_threshold(9, 9, 9)": "gc.get_threshold() of the caller: ",
    "warnings.simplefilter('error')": "the list of filters of warnings of the caller: now with",
    "threading.stack_size(1 << 20)": "threading.stack_size() of the caller: 0 before, 1048576",
    "asyncio.set_event_loop(asyncio.new_event_loop())": (
        "the event loop of asyncio of the caller: None before, <"
    ),
    "multiprocessing.set_start_method('spawn', force=True)": (
        "multiprocessing.get_start_method() of the caller: "
    ),
    "tempfile = __import__('tempfile').gettempdir()": "",
    "os.set_blocking(r, False)": (
        "the file status flags (F_GETFL) of descriptor <r> of the caller: "
    ),
    "os.set_inheritable(r, True)": (
        "the flags (F_GETFD) of descriptor <r> of the caller: 1 before, 0 after"
    ),
    "os.read(file, 1)": "the offset of descriptor <file> of the caller: 0 before, 1 after",
    "os.close(r)": "the file of descriptor <r> of the caller: p ",
    "os.open('/dev/null', 0)": "",
    # of signals
    "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})": (
        "the signal mask of the caller: {SIGUSR2} before, {SIGINT, SIGUSR2} after"
    ),
    "signal.signal(signal.SIGUSR1, signal.SIG_IGN)": (
        "the handler of SIGUSR1 of the caller: SIG_DFL before, SIG_IGN after"
    ),
    "C.signal(int(signal.SIGUSR1), ctypes.c_void_p(1))": (
        "the handler of SIGUSR1 of the caller: SIG_DFL before, SIG_IGN by C code after"
    ),
    "signal.setitimer(signal.ITIMER_REAL, 250, 7)": (
        "the timer ITIMER_REAL of the caller: not armed before, expires in 200 to 300 s, and then "
        "every 7.0 s after"
    ),
    "signal.set_wakeup_fd(w)": "the wakeup descriptor of signals of the caller: -1 before, <w>",
    "faulthandler.enable(w)": "faulthandler.is_enabled() of the caller: False before, True after",
    "os.kill(os.getpid(), signal.SIGUSR2)": (
        "the set of pending signals of the caller: {} before, {SIGUSR2} after"
    ),
}
ON_LINUX = {
    "C.prctl(15, b'mine', 0, 0, 0)": "PR_GET_NAME (prctl(2)) of the caller: ",
    "C.prctl(4, 0, 0, 0, 0)": "PR_GET_DUMPABLE (prctl(2)) of the caller: 1 before, 0 after",
    "C.prctl(36, 1, 0, 0, 0)": (
        "PR_GET_CHILD_SUBREAPER (prctl(2)) of the caller: 0 before, 1 after"
    ),
    "C.prctl(38, 1, 0, 0, 0)": "NoNewPrivs (/proc/self/status) of the caller: 0 before, 1 after",
    "open('/proc/self/coredump_filter', 'w').write('1')": (
        "/proc/self/coredump_filter of the caller: "
    ),
    "os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))": (
        "the scheduling policy of the caller: 0 before, 3 after"
    ),
}


@cache
def _seen() -> dict[str, Any]:
    """Run the program with all statements; return what it says of each."""
    statements = [*CASES, *ON_LINUX]
    if os.nice(0) > 16:
        pytest.skip("this process is as nice as one can be: os.nice(3) changes nothing")
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.settings_cases"],
        cwd=ROOT,
        input=json.dumps(statements),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    answer = json.loads(done.stdout)
    return {**dict(zip(statements, answer["changed"], strict=True)), **answer["names"]}


def _check(statement: str, words: str) -> None:
    seen = _seen()
    for name in ("r", "w", "file"):
        words = words.replace(f"<{name}>", str(seen[name]))
    changed = [f"{what}: {how}" for what, how in seen[statement].items()]
    if not words:
        assert changed == []
    else:
        assert any(change.startswith(words) for change in changed), changed


@pytest.mark.parametrize("statement", CASES)
def test_a_change_is_told_in_words(statement: str) -> None:
    """What is not a setting, or changes by itself, is not told."""
    _check(statement, CASES[statement])


@pytest.mark.parametrize("statement", ON_LINUX)
def test_a_change_that_the_kernel_alone_tells_is_told(statement: str) -> None:
    """prctl(2) and /proc/self."""
    if not Path("/proc/self/status").exists():
        pytest.skip("no /proc/self")
    _check(statement, ON_LINUX[statement])


def test_a_change_is_told_once() -> None:
    """Though the kernel tells of most things in more than one place."""
    for statement in ("os.umask(0o077)", "os.nice(3)", "C.prctl(4, 0, 0, 0, 0)"):
        seen = _seen()[statement]
        assert len(seen) == 1, seen


def test_what_one_snapshot_lacks_is_compared_only_where_that_means_something() -> None:
    """A file that cannot be read any more is not a change of what it says."""
    before = by_kind([Group("file {}", {"a": 1}), Group("variable {}", {"b": 2}, gone="not set")])
    after = by_kind([Group("file {}", {}), Group("variable {}", {"c": 3}, gone="not set")])
    assert changes(before, after) == {
        "variable b of the caller": "2 before, not set after",
        "variable c of the caller": "not set before, 3 after",
    }


def test_of_a_list_the_difference_is_told() -> None:
    """A module path is too long for two of it in a sentence."""
    before, after = by_kind([Group("{}", {"a": (1, 2)})]), by_kind([Group("{}", {"a": (1, 3)})])
    assert changes(before, after) == {"a of the caller": "now without 2 and now with 3"}


def test_what_changes_by_itself_is_not_compared() -> None:
    """Such as a counter that only a newer kernel has."""
    first = by_kind([Group("{}", {"steady": 1, "counter": 1})])
    second = by_kind([Group("{}", {"steady": 1, "counter": 2})])
    later = by_kind([Group("{}", {"steady": 2, "counter": 3})])
    assert changes(only_steady(first, second), later) == {
        "steady of the caller": "1 before, 2 after"
    }


def test_what_an_import_may_change_can_be_left_out() -> None:
    """The first run may import modules."""
    before = by_kind([Group("{}", {"path": 1}, by_import=True), Group("{}", {"umask": 1})])
    after = by_kind([Group("{}", {"path": 2}, by_import=True), Group("{}", {"umask": 1})])
    assert changes(before, after)
    assert not changes(without_imports(before), after)


def test_a_look_at_the_stack_size_of_threads_leaves_it() -> None:
    """To ask for it without a size sets it to 0."""
    had = threading.stack_size(1 << 20)
    try:
        of_the_rest(())
        assert threading.stack_size() == 1 << 20
    finally:
        threading.stack_size(had)
