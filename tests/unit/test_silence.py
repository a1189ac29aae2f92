"""A trial whose processes wait for each other for ever is a hang at once, and no other one is."""

import sys
from pathlib import Path

import pytest

from tests.harness import call, run_trial
from tests.harness.apart import refused
from tests.harness.support import module_of
from tests.scenarios import basics

_LIMIT = 600.0  # seconds, that no test waits for

WAITS = """\
import os, threading
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


def _tried(place: Path, text: str) -> str:
    """Return the verdict of a run of a module, and its reason."""
    if sys.platform != "linux" or refused() is not None:
        pytest.skip("trials are not alone in their worlds")
    path = place / "mine.py"
    path.write_text(text)
    outcome = run_trial(module_of(str(path)), call(basics.calls, [(30, 2)]), limit=_LIMIT)
    return " ".join([outcome.verdict, *(why for verdict, why in outcome.faults[:1])])


def test_a_run_that_waits_for_its_workers_which_wait_for_ever_is_a_hang_at_once(
    tmp_path: Path,
) -> None:
    """It has a second thread too, and no limit is waited for."""
    told = _tried(tmp_path, WAITS.format(wait="wait()"))
    assert told.startswith(
        "HANG run(30, 2) did not return; all of its threads wait, without a limit of time, for what"
        " only they could do.\nThe caller (pid "
    ), told
    assert " wait at mine.py, line 5, in wait: `event.wait()`" in told


def test_workers_that_wait_for_some_time_are_waited_for(tmp_path: Path) -> None:
    """There is no telling what they do then."""
    assert _tried(tmp_path, WAITS.format(wait="wait(1.5)")) == "OK"
