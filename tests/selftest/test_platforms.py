"""Where the system refuses something to the suite: no clause fails for it, and the reason is true.

Containers refuse namespaces, tracing and shared memory, and have few processes; ordinary users may
have few descriptors.
"""

import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from report.results import RecordProperty
from tests import harness
from tests.clauses import test_a_correct, test_d_progress, test_f_scarce, test_syscalls
from tests.harness import Message, Outcome, room, striking

PIPE = "transports.pipe"


def _holds(monkeypatch: pytest.MonkeyPatch, *messages: Message) -> None:
    """Let each trial show *messages*."""
    monkeypatch.setattr(harness, "run_trial", lambda *_, **__: Outcome(messages=list(messages)))


def _ignored(clause: str, text: object) -> None:
    """Stand in for record_property."""


def _call(**more: Any) -> Message:
    head = {"kind": "outcome", "n": "1", "workers": "1", "seconds": 0.0, "case": "a case"}
    exact = {"value": 8**0.5, "type": "float"}
    return head | (more or exact)


REFUSED = {"kind": "refused", "reason": "unshare: Operation not permitted"}
ERROR = {"error": "OSError", "exception": True, "mro": ["OSError"], "text": "limit", "names": []}


@pytest.mark.parametrize(
    "test",
    [
        test_f_scarce.test_a_full_file_system_is_an_oserror_and_no_sigbus,
        test_f_scarce.test_a_limit_of_the_system_is_an_early_error_that_names_it,
    ],
)
def test_without_namespaces_f_is_skipped_with_the_reason(
    test: Callable[[str, RecordProperty], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once, be it of many cases; those that could be set up are judged."""
    _holds(monkeypatch, REFUSED, REFUSED)
    with pytest.raises(pytest.skip.Exception, match=f"^{REFUSED['reason']}$"):
        test(PIPE, _ignored)
    _holds(monkeypatch, REFUSED, _call())
    test(PIPE, _ignored)
    _holds(monkeypatch, REFUSED, _call(**ERROR | {"mro": [], "text": "?"}))
    with pytest.raises(AssertionError):
        test(PIPE, _ignored)


def test_a_run_that_takes_no_descriptor_is_not_judged_for_want_of_some(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """But only if it is exact where none is free."""
    test = test_f_scarce.test_a_want_of_descriptors_is_an_oserror
    _holds(monkeypatch, _call(), _call())
    with pytest.raises(pytest.skip.Exception, match="takes no descriptor"):
        test(PIPE, _ignored)
    _holds(monkeypatch, _call(**ERROR), _call())
    test(PIPE, _ignored)
    _holds(monkeypatch, _call(**ERROR))
    with pytest.raises(AssertionError, match="no number of descriptors was enough"):
        test(PIPE, _ignored)


FOREIGN = """
import sys
import posix_ipc

def refuse(*_, **__):
    raise {error}

posix_ipc.{name} = refuse

from tests.scenarios import foreign_objects
from transports import pipe

def log(kind, **facts):
    if kind == "placed":
        print(facts["count"], facts["lost"])

log.call = lambda run, n, workers: run(n, workers)
foreign_objects.likely_names(pipe, log)
"""


@pytest.mark.parametrize("name", ["SharedMemory", "Semaphore"])
@pytest.mark.parametrize(
    "error", ["OSError(30, 'Read-only file system')", "posix_ipc.ExistentialError('No /dev/shm')"]
)
def test_what_cannot_be_laid_in_the_way_is_left_out(tmp_path: Path, name: str, error: str) -> None:
    """Of B4, where there is no shared memory or it is read-only."""
    pytest.importorskip("posix_ipc")
    (tmp_path / "elsewhere").mkdir()
    completed = subprocess.run(
        [sys.executable, "-c", FOREIGN.format(name=name, error=error)],
        cwd=tmp_path,
        env={"TMPDIR": str(tmp_path / "elsewhere"), "PYTHONPATH": str(harness.ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr
    count, lost = completed.stdout.split()
    assert int(count) > 50
    assert lost == "[]"


UNGATED = {"kind": "ungated", "reason": "seccomp: Device or resource busy"}


@pytest.fixture
def ungated(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the system refuse the gate to each sweep."""
    monkeypatch.setattr(striking, "sweep", lambda *_, **__: Outcome(messages=[UNGATED]))
    test_syscalls._workers_killed.cache_clear()
    yield
    test_syscalls._workers_killed.cache_clear()


@pytest.mark.parametrize(
    ("test", "clause"),
    [
        (test_syscalls.test_nothing_is_left_of_a_caller_interrupted_at_any_system_call, "B2"),
        (test_syscalls.test_nothing_is_left_of_a_caller_killed_at_any_system_call, "B3"),
        (test_syscalls.test_a_worker_killed_at_any_system_call_gives_no_wrong_result, "A3"),
    ],
)
def test_without_a_gate_kills_come_at_random_times(
    test: Callable[[str, RecordProperty, None], None],
    clause: str,
    ungated: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And the reason is told: a container may have a listener of its own."""
    monkeypatch.setattr(test_syscalls, "TIMES", 3)
    noted: list[tuple[str, object]] = []
    test(PIPE, lambda clause, text: noted.append((clause, text)), None)
    ((name, text),) = noted
    assert name == clause
    assert str(text).endswith("at random times: seccomp: Device or resource busy")


@pytest.mark.parametrize(
    "test",
    [
        test_syscalls.test_nothing_is_left_of_a_caller_killed_with_a_worker_at_any_system_call,
        test_syscalls.test_a_worker_killed_in_any_order_of_system_calls_gives_no_wrong_result,
        test_syscalls.test_a_worker_killed_at_any_system_call_is_named,
        test_syscalls.test_two_workers_killed_at_once_at_any_system_call_are_an_error,
        test_syscalls.test_any_system_call_of_the_caller_may_fail,
        test_syscalls.test_any_system_call_of_a_worker_may_fail,
    ],
)
def test_without_a_gate_other_sweeps_are_skipped_with_the_reason(
    test: Callable[[str, RecordProperty, None], None], ungated: None
) -> None:
    """Nothing but the gate can do what they do."""
    with pytest.raises(
        pytest.skip.Exception, match="not by the gate for system calls: seccomp: Device"
    ):
        test(PIPE, _ignored, None)


def test_room_is_reckoned_from_a_limit() -> None:
    """Four descriptors for each worker, a process for each, and some beside."""
    assert room.by_descriptors(1024).workers == 240
    assert str(room.by_descriptors(256)) == "RLIMIT_NOFILE 256 leaves room for 48 workers"
    assert str(room.by_descriptors(16)) == "RLIMIT_NOFILE 16 leaves room for 0 workers"
    assert str(room.by_processes(256, 40, "pids.max")) == (
        "pids.max 256, with 40 in use, leaves room for 200 workers"
    )
    few, many = room.by_descriptors(256), room.by_descriptors(65536)
    assert room.smallest(600, [many, few]) == few
    assert room.smallest(600, [many]).workers == 600


@pytest.mark.parametrize(
    ("uid", "capabilities", "uid_map", "expected"),
    [
        (0, 0, "0 0 4294967295", True),
        (1000, 0, "0 0 4294967295", False),
        (1000, 1 << 24, "0 0 4294967295", True),
        (1000, 1 << 21, "0 0 4294967295", True),
        (1000, 1 << 20, "0 0 4294967295", False),
        (0, (1 << 41) - 1, "0 1000 1", False),
    ],
)
def test_who_may_have_more_processes_than_the_limit(
    uid: int, capabilities: int, uid_map: str, expected: bool
) -> None:
    """Root, and two capabilities, but none of a user namespace."""
    status = f"Name:\tpython3\nUid:\t{uid}\t7\t7\t7\nCapEff:\t{capabilities:016x}\n"
    assert room.exempt(status, f"  {uid_map}\n") is expected


def test_the_threads_of_a_user_are_counted(tmp_path: Path) -> None:
    """By the real user, the first of four."""
    for pid, uid, threads in ((1, 0, 1), (20, 1000, 3), (21, 1000, 1), (22, 7, 9)):
        place = tmp_path / str(pid)
        place.mkdir()
        text = f"Name:\ta:b\nUid:\t{uid}\t1000\t1000\t1000\nThreads:\t{threads}\n"
        (place / "status").write_text(text)
    (tmp_path / "self").symlink_to("20")
    (tmp_path / "23").mkdir()  # it has ended
    assert room.threads_of(1000, str(tmp_path)) == 4


@pytest.mark.parametrize(
    ("line", "root"), [("0::/a/b", ""), ("8:pids:/a/b", "pids"), ("8:cpu,pids:/a/b", "pids")]
)
def test_the_limits_of_all_cgroups_above_are_seen(tmp_path: Path, line: str, root: str) -> None:
    """In both versions; "max" is none."""
    (tmp_path / "own").write_text(f"9:name=systemd:/\n{line}\n")
    for path, most, used in (("", "max", 90), ("a", "300", 80), ("a/b", "200", 70)):
        place = tmp_path / "mounted" / root / path
        place.mkdir(parents=True, exist_ok=True)
        (place / "pids.max").write_text(f"{most}\n")
        (place / "pids.current").write_text(f"{used}\n")
    seen = list(room.cgroup_limits(str(tmp_path / "own"), str(tmp_path / "mounted")))
    assert seen == [(200, 70), (300, 80)]
    assert not list(room.cgroup_limits(str(tmp_path / "none"), str(tmp_path)))


def test_fewer_workers_are_taken_where_no_more_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a note; too few are a reason to skip."""
    notes: list[tuple[str, object]] = []

    def record(clause: str, text: object) -> None:
        notes.append((clause, text))

    monkeypatch.setattr(room, "_limits", lambda: [room.by_descriptors(1024)])
    assert room.workers(record, "D1", wanted=600, least=64) == 240
    assert notes == [
        ("D1", "with 240 workers, not 600: RLIMIT_NOFILE 1024 leaves room for 240 workers")
    ]
    monkeypatch.setattr(room, "_limits", lambda: [room.by_descriptors(256)])
    why = "^RLIMIT_NOFILE 256 leaves room for 48 workers; the clause needs 64$"
    with pytest.raises(pytest.skip.Exception, match=why):
        room.workers(record, "D1", wanted=600, least=64)


SCARCE = """
import resource, sys
import pytest

resource.setrlimit(resource.RLIMIT_NOFILE, tuple(map(int, sys.argv[1:3])))
sys.exit(pytest.main(sys.argv[3:]))
"""


@pytest.mark.parametrize(("soft", "hard"), [(128, 1024), (256, 256)])
def test_few_descriptors_are_no_failure(soft: int, hard: int) -> None:
    """The soft limit is raised, and as many workers are taken as the hard one has room for."""
    if (found := resource.getrlimit(resource.RLIMIT_NOFILE)[1]) < hard:
        pytest.skip(f"RLIMIT_NOFILE is {found}")
    tests = [
        f"{test.__module__.replace('.', '/')}.py::{test.__name__}"
        for test in (
            test_a_correct.test_the_result_is_exact_for_every_number_of_terms_and_workers,
            test_d_progress.test_more_workers_than_a_queue_holds_do_not_deadlock,
        )
    ]
    options = ["-v", "-p", "no:cacheprovider", "--transport=pipe"]
    output = subprocess.run(
        [sys.executable, "-c", SCARCE, str(soft), str(hard), *options, *tests],
        cwd=harness.ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    assert " failed" not in output, output
    where = f"RLIMIT_NOFILE {hard} leaves room for {(hard - 64) // 4} workers"
    assert where in " ".join(output.split()), output  # it is wrapped


IGNORANT = """
import os, signal, sys

for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
os.execv(sys.executable, [sys.executable, "-m", "pytest", *sys.argv[1:]])
"""


def test_no_clause_fails_where_the_suite_was_started_with_all_signals_ignored_and_blocked() -> None:
    """A shell lets its background jobs ignore two, nohup(1) one more, and a service any."""
    options = ["-q", "-p", "no:cacheprovider", "--transport=pipe", "--clause=B,C,D2,E"]
    result = subprocess.run(
        [sys.executable, "-c", IGNORANT, *options, "tests/clauses"],
        cwd=harness.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("text", "free", "reason"),
    [
        ("[Errno 28] No space left on device", 64 << 20, "shared memory has 64 MiB free: "),
        ("[Errno 28] No space left on device", 128 << 20, None),
        ("[Errno 28] No space left on device", None, None),
        ("[Errno 24] Too many open files", 64 << 20, None),
    ],
)
def test_a_small_file_system_for_shared_memory_is_told_apart(
    text: str, free: int | None, reason: str | None
) -> None:
    """By the error, and by the bytes that there are: an error where there is room is one."""
    found = room.too_little_memory([_call(), _call(**ERROR | {"text": text})], free)
    assert (found or "").startswith(reason or "")
    assert (found is None) is (reason is None)
