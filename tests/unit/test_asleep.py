"""The time in which all threads slept is never overstated, and little of it is missed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.system import processes
from tests.system.asleep import Sleep

pytestmark = pytest.mark.skipif(not processes.pids(), reason="no /proc")

_SLEEPS = "import time; print(flush=True); time.sleep(60)"
_COMPUTES = "print(flush=True)\nwhile True: pass"
_BOTH = (
    f"import threading, time; threading.Thread(target=time.sleep, args=(60,)).start()\n{_COMPUTES}"
)
_WAKES = "import time; print(flush=True)\nwhile True: time.sleep(0.001)"


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Yield a list whose processes are ended."""
    programs: list[subprocess.Popen[bytes]] = []
    yield programs
    for program in programs:
        program.kill()
        program.communicate()


def _start(started: list[subprocess.Popen[bytes]], *codes: str) -> list[int]:
    for code in codes:
        program = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        started.append(program)
        assert program.stdout is not None
        program.stdout.readline()  # it has begun
    return [program.pid for program in started]


def _seen(pids: list[int], every: float, seconds: float) -> float:
    sleep, until = Sleep(), time.monotonic() + seconds
    while time.monotonic() < until:
        sleep.look(pids)
        time.sleep(every)
    return sleep.seconds


def test_processes_that_sleep_have_slept_all_the_while(
    started: list[subprocess.Popen[bytes]],
) -> None:
    """But for the looks themselves; one that has ended, and is not reaped, does not run."""
    pids = _start(started, _SLEEPS, _SLEEPS)
    os.kill(pids[1], signal.SIGKILL)
    time.sleep(0.3)
    assert 0.2 < _seen(pids, every=0.01, seconds=0.5) <= 0.6


@pytest.mark.parametrize("code", [_COMPUTES, _BOTH, _WAKES])
def test_one_that_runs_now_and_then_is_enough_to_go_on(
    started: list[subprocess.Popen[bytes]], code: str
) -> None:
    """A thread that computes beside one that sleeps; or that wakes between two looks."""
    pids = _start(started, _SLEEPS, code)
    assert _seen(pids, every=0.02, seconds=0.5) < 0.05


def test_one_that_waits_for_a_processor_does_not_sleep(
    started: list[subprocess.Popen[bytes]],
) -> None:
    """Beside others that compute on the only processor that it may use."""
    pids = _start(started, *[_COMPUTES] * 4)
    for pid in pids:
        os.sched_setaffinity(pid, {min(os.sched_getaffinity(0))})
    assert _seen(pids[:1], every=0.01, seconds=0.5) == 0


def test_one_that_has_gone_shows_nothing(started: list[subprocess.Popen[bytes]]) -> None:
    """A look that fails adds no time."""
    pids = _start(started, _SLEEPS)
    started[0].kill()
    started.pop().communicate()
    assert _seen(pids, every=0.01, seconds=0.1) == 0
