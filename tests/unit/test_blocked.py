"""A wait is for ever if only the processes that are looked at could end it, and no time does."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.harness import ROOT
from tests.system import blocked, processes
from tests.system.deadline import Deadline

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")

FOR_EVER = {
    "a pipe": "os.read(os.pipe()[0], 1)",
    "a full pipe": "fd = os.pipe()[1]\nwhile True: os.write(fd, bytes(65536))",
    "a lock": "lock.acquire()",
    "a semaphore": "multiprocessing.Semaphore(0).acquire()",
    "a poll": "select.select([os.pipe()[0]], [], [])",
    "a selector": "s = selectors.EpollSelector(); s.register(os.pipe()[0], 1); s.select()",
    "poll(2)": "p = select.poll(); p.register(os.pipe()[0]); p.register(pair[0], 1); p.poll()",
    "an event": "os.eventfd_read(os.eventfd(0))",
    "a child": "r, w = os.pipe(); os.fork() or os.read(r, 1); os.wait()",
    "a signal": "signal.pause()",
    "two threads": "threading.Thread(target=lock.acquire).start(); os.read(os.pipe()[0], 1)",
}
NOT_FOR_EVER = {
    "it sleeps": "time.sleep(600)",
    "it computes": "while True: pass",
    "a lock, for some time": "lock.acquire(timeout=600)",
    "a poll, for some time": "select.select([os.pipe()[0]], [], [], 600)",
    "a selector, for some time": "s = selectors.EpollSelector(); s.select(600)",
    "a pipe from outside": "os.read(0, 1)",
    "a poll of a pipe from outside": "select.select([0], [], [])",
    "an epoll of a pipe from outside": (
        "s = selectors.EpollSelector(); s.register(0, 1); s.select()"
    ),
    "a socket, which may have a timeout": "pair[0].recv(1)",
    "a socket of a network": (
        "s = socket.socket(); s.bind(('', 0)); s.listen(); select.select([s], [], [])"
    ),
    "a timer": (
        "signal.signal(signal.SIGALRM, print); signal.setitimer(signal.ITIMER_REAL, 600);"
        " signal.pause()"
    ),
    "a timer that is waited for": (
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM]); signal.alarm(600);"
        " signal.sigwait([signal.SIGALRM])"
    ),
    "a thread that sleeps": (
        "threading.Thread(target=time.sleep, args=[600]).start(); os.read(os.pipe()[0], 1)"
    ),
    "a lock of a file": (
        "fcntl.flock(os.open(sys.argv[0], 0), 2); fcntl.flock(os.open(sys.argv[0], 0), 2)"
    ),
    "a FIFO": "os.mkfifo(sys.argv[1]); open(sys.argv[1])",
}
_PATIENCE = 30  # seconds until a program has to sleep
PROGRAM = """\
import fcntl, multiprocessing, os, select, selectors, signal, socket, sys, threading, time
lock = threading.Lock()
lock.acquire()
pair = socket.socketpair()
print(flush=True)
"""


@contextmanager
def _world(place: Path, code: str, *, wakes: bool = False) -> Iterator[str]:
    """Run *code*; give a file system proc that has only its process, and what that has started.

    wakes: whether it wakes again and again, and so does not come to rest.  Then only its process is
        there: a child of it may end at any time, and its entry here would be left.
    """
    path = place / "program.py"
    path.write_text(PROGRAM + code)
    proc = place / "proc"
    proc.mkdir()
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "start_new_session": True}
    with subprocess.Popen([sys.executable, path, place / "fifo"], cwd=ROOT, **streams) as program:  # type: ignore[call-overload]
        try:
            program.stdout.readline()
            if wakes:
                _await_a_sleep(program.pid)
            elif "while True: pass" not in code:
                _await_rest(program.pid)
            for stat in processes.of_session(program.pid):
                if stat.pid == program.pid or not wakes:
                    (proc / str(stat.pid)).symlink_to(f"/proc/{stat.pid}")
            yield str(proc)
        finally:
            os.killpg(program.pid, 9)


def _await_rest(pid: int) -> None:
    """Wait until all processes of the session have slept for a while, without using a processor."""
    deadline, before, same = Deadline(_PATIENCE), None, 0
    while same < 3:
        assert not deadline.is_over(), f"it does not come to rest: {before}"
        time.sleep(0.05)
        stats = list(processes.of_session(pid))
        asleep = all(stat.state == "S" for stat in stats)
        same = same + 1 if stats == before and asleep else 0
        before = stats


def _await_a_sleep(pid: int) -> None:
    """Wait until the process has been seen asleep some times."""
    deadline, seen = Deadline(_PATIENCE), 0
    while seen < 3:
        assert not deadline.is_over(), "it does not sleep"
        time.sleep(0.05)
        seen += processes.state(pid) == "S"


def _is_proven(proc: str, besides: tuple[int, ...] = ()) -> bool:
    before = blocked.look(proc, blocked.open_here(), besides)
    time.sleep(0.1)
    now = blocked.look(proc, blocked.open_here(), besides)
    return now is not None and bool(now.asleep) and now.proves(before)


@pytest.mark.parametrize("case", FOR_EVER)
def test_a_wait_for_what_only_the_processes_themselves_could_do_is_for_ever(
    case: str, tmp_path: Path
) -> None:
    """Of each thread, and of each process."""
    with _world(tmp_path, FOR_EVER[case]) as proc:
        assert _is_proven(proc)


@pytest.mark.parametrize("case", NOT_FOR_EVER)
def test_what_time_or_somebody_outside_could_end_is_not_for_ever(case: str, tmp_path: Path) -> None:
    """Nor is what is not seen to be for ever."""
    with _world(tmp_path, NOT_FOR_EVER[case]) as proc:
        assert not _is_proven(proc)


def _look(proc: str) -> blocked.Looks:
    """Look at processes that sleep most of the time; again, if one is just awake."""
    deadline = Deadline(10)
    while (seen := blocked.look(proc, frozenset(), ())) is None:
        assert not deadline.is_over()
    return seen


@pytest.mark.parametrize(
    ("code", "rounds"),
    [
        ("while True: time.sleep(0.01)", True),
        ("while not select.select([os.pipe()[0]], [], [], 0.01)[0]: os.closerange(8, 100)", True),
        ("time.sleep(600)", False),
        (
            "threading.Thread(target=time.sleep, args=[600]).start()\nwhile True: time.sleep(0.01)",
            False,
        ),
        (  # a run after the other, each of which has its own worker
            "while True:\n    os.fork() or os._exit(0)\n    time.sleep(0.05)\n    os.wait()",
            False,
        ),
    ],
)
def test_a_thread_that_wakes_by_time_and_goes_back_goes_in_a_circle(
    tmp_path: Path, code: str, rounds: bool
) -> None:
    """One that sleeps once, for long, does not, nor one that reaps children meanwhile."""
    with _world(tmp_path, code, wakes=True) as proc:
        before = _look(proc)
        time.sleep(1)
        now = _look(proc)
        assert not now.proves(before)
        assert (now.rounds_since(before) > 5) == rounds


def test_a_process_that_has_run_between_two_looks_is_not_blocked(tmp_path: Path) -> None:
    """It has given up its processor again."""
    code = "signal.signal(signal.SIGUSR1, print)\nwhile True: signal.pause()"
    with _world(tmp_path, code) as proc:
        before = _look(proc)
        (pid,) = map(int, os.listdir(proc))
        os.kill(pid, 10)
        time.sleep(0.1)
        now = _look(proc)
        assert now.asleep.keys() == before.asleep.keys()
        assert not now.proves(before)


@pytest.mark.parametrize("looks", [True, False])
def test_one_that_looks_at_the_others_may_go_on(tmp_path: Path, looks: bool) -> None:
    """It has to have looked since."""
    pause = 0.02 if looks else 600
    code = f"if not os.fork():\n while True: time.sleep({pause})\nos.read(os.pipe()[0], 1)"
    with _world(tmp_path, code) as proc:
        youngest = max(map(int, os.listdir(proc)), key=_start)
        assert not _is_proven(proc)
        assert _is_proven(proc, (youngest,)) == looks


def _start(pid: int) -> int:
    """Return when a process was born: field 22 of proc_pid_stat(5)."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
