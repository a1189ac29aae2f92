"""A trial whose processes wait for each other for ever is a hang at once, and no other one is."""

import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.harness import call, limits, run_trial
from tests.harness.apart import refused
from tests.harness.hang import PROVEN
from tests.harness.silence import Silence
from tests.harness.support import module_of, support
from tests.scenarios import basics
from tests.system.deadline import Deadline
from tests.system.processes import Stat

_LIMIT = 600.0  # seconds, that no test waits for

WAITS = """\
import threading, time
from multiprocessing import get_context

def wait(event):
    event.{wait}

def run(n, workers):
    if n < 9:  # the suite asks for such a run when it asks the module what it is
        return 0.0
    context = get_context("fork")
    event = context.Event()
    several = [context.Process(target=wait, args=(event,)) for _ in range(workers)]
    for process in several:
        process.start()
    threading.Thread(target=several[0].join, daemon=True).start()
    for process in several:
        process.join()
    return 0.0
"""


@pytest.fixture(autouse=True)
def _own_worlds() -> None:
    """Skip where trials are not alone in their worlds."""
    if sys.platform != "linux" or refused() is not None:
        pytest.skip("trials are not alone in their worlds")


def _tried(place: Path, text: str) -> str:
    """Return the verdict of a run of a module, and its reason."""
    path = place / "mine.py"
    path.write_text(text)
    outcome = run_trial(module_of(str(path)), call(basics.calls, [(30, 2)]), limit=_LIMIT)
    return " ".join([outcome.verdict, *(why for verdict, why in outcome.faults[:1])])


def test_a_run_that_waits_for_its_workers_which_wait_for_ever_is_a_hang_at_once(
    tmp_path: Path,
) -> None:
    """It has a second thread too, and no limit is waited for."""
    told = _tried(tmp_path, WAITS.format(wait="wait()"))
    assert told.startswith(f"HANG run(30, 2) did not return; {PROVEN}.\nThe caller (pid "), told
    assert " wait at mine.py, line 5, in wait: `event.wait()`" in told


def test_an_import_that_never_ends_is_told_without_a_time(tmp_path: Path) -> None:
    """None has passed."""
    path = tmp_path / "never.py"
    path.write_text("import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()")
    assert support(module_of(str(path))).error == f"its import does not end: {PROVEN}"


def test_workers_that_look_for_ever_whether_something_has_come_are_a_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller waits for them."""
    monkeypatch.setattr(limits, "_CIRCLING", 1.0)
    told = _tried(tmp_path, WAITS.replace("event.{wait}", "while not event.wait(0.02): pass"))
    assert told.startswith(
        "HANG run(30, 2) did not return; its threads wake by time alone, and have gone back to"
        " where they were for 1 s.\nThe caller (pid "
    ), told


def test_workers_that_look_for_a_while_are_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What they look for comes."""
    monkeypatch.setattr(limits, "_CIRCLING", 1.0)
    text = WAITS.replace("event.{wait}", "while not event.wait(0.02): pass").replace(
        "    for process in several:\n        process.join()\n",
        "    time.sleep(2)\n    event.set()\n    for process in several:\n        process.join()\n",
    )
    assert _tried(tmp_path, text) == "OK"


def test_workers_that_wait_for_some_time_are_waited_for(tmp_path: Path) -> None:
    """There is no telling what they do then."""
    assert _tried(tmp_path, WAITS.format(wait="wait(1.5)")) == "OK"


class World:
    """A world of a caller and a worker; at each look the caller has used some ticks of CPU more."""

    own_proc = ""

    def __init__(self, state: str, ticks: float = 0.0) -> None:
        self._state, self._ticks, self._used = state, ticks, 0.0

    def stats(self) -> list[Stat]:
        """Return both."""
        self._used += self._ticks
        caller = Stat(2, "S", 1, 2, int(self._used), 0, 0, 0)
        return [caller, Stat(3, self._state, 2, 2, 1, 0, 0, 0)]


def _ends(world: Any) -> bool:
    """Tell whether a trial that says nothing is a hang within two seconds."""
    with limits.quiet_after(0.4):
        silence = Silence(world, "any", leader=2)
        until, found = time.monotonic() + 2, False
        while not found and time.monotonic() < until:
            time.sleep(0.05)
            found = silence.is_for_ever(Deadline(60), ())
    return found


@pytest.mark.parametrize(("state", "ends"), [("S", True), ("T", False), ("R", False)])
def test_a_trial_is_not_idle_while_a_process_is_stopped_or_waits_for_a_processor(
    state: str, ends: bool
) -> None:
    """The suite has stopped it, and lets it go on later; or the machine is busy."""
    assert _ends(World(state)) == ends


@pytest.mark.parametrize(("ticks", "ends"), [(0.05, True), (2.0, False)])
def test_a_trial_that_hardly_computes_is_idle(ticks: float, ends: bool) -> None:
    """So does one that looks again and again whether something has come; looks are 0.1 s apart."""
    assert _ends(World("S", ticks)) == ends
