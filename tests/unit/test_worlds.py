"""A trial in namespaces of its own sees nothing of others, leaves nothing, and starts afresh."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness import ROOT, Trial, call, run_trial
from tests.harness.apart import refused
from tests.scenarios import basics
from tests.system import processes
from tests.system.files import own_directory, remove_tree
from tests.unit import worlds_scenarios

MODULE = "tests.unit.named_memory"  # any transport

# The environment makes the interpreter of the second trial start anew.
ANEW = {"PYTHONHASHSEED": "random"}


@pytest.fixture(autouse=True)
def _apart() -> None:
    if (reason := refused()) is not None:
        pytest.skip(f"no namespaces: {reason}")


def test_trials_at_once_see_nothing_of_each_other_and_the_machine_nothing_of_them() -> None:
    """A file in /tmp, queues, segments, a listener."""
    scenario = call(worlds_scenarios.leave_all)
    with Trial(MODULE, scenario) as one, Trial(MODULE, scenario) as two:
        for trial in (one, two):
            trial.expect("untimed")
            found = {f"{left.kind} {left.name}" for left in trial.inventory()}
            assert {"POSIX queue /left", "file left"} <= found
            assert any(left.kind == "System V" for left in trial.inventory())
        assert not os.path.exists("/tmp/left")  # noqa: S108 - looked at
        for trial in (one, two):
            outcome = trial.finish(20)
            assert {verdict for verdict, _ in outcome.faults} == {"ORPHAN", "LEAK"}, outcome.faults


def test_every_process_ends_with_its_world() -> None:
    """An orphan too, which has left the session."""
    with Trial(MODULE, call(worlds_scenarios.leave_all)) as trial:
        trial.expect("untimed")
        place = trial.private[0].parent
        assert len(list(_writing_to(place.name))) > 1
    assert not list(_writing_to(place.name))


def _writing_to(*names: str) -> Iterator[int]:
    """Yield the processes whose output goes to a directory of one of *names*."""
    for pid in processes.pids():
        with contextlib.suppress(OSError):
            path = os.readlink(f"/proc/{pid}/fd/1")
            if set(names) & set(path.split("/")):
                yield pid


def test_the_caller_is_not_the_first_process_and_orphans_are_reaped() -> None:
    """Its parent is, as on any machine."""
    outcome = run_trial(MODULE, call(worlds_scenarios.ancestors))
    (pids,) = [message["states"] for message in outcome.of("children")]
    assert pids[0] > 1
    assert pids[1] == 1


def _shown(env: dict[str, str]) -> dict[str, Any]:
    outcome = run_trial(MODULE, call(worlds_scenarios.show_facts), env=env)
    assert not outcome.faults, outcome.faults
    found = {message["case"]: message["what"] for message in outcome.of("changed")}
    found["end"] = [message["what"] for message in outcome.of("cleaned")]
    return found


def test_a_caller_is_as_fresh_as_a_new_interpreter() -> None:
    """By what a program sees at its start; more modules are imported, and their objects frozen."""
    forked, new = _shown({}), _shown(ANEW)
    assert set(new.pop("modules")) - set(forked.pop("modules")) <= {"encodings"}
    assert forked == new
    assert forked["end"] == ["thread", "atexit"]


def test_an_exception_ends_a_caller_as_it_ends_an_interpreter() -> None:
    """With its traceback, and status 1."""
    ends = [run_trial(MODULE, call(worlds_scenarios.fail), env=env) for env in ({}, ANEW)]
    for outcome in ends:
        assert outcome.verdict == "CRASH"
        assert "exit status 1" in outcome.faults[0][1]
        assert "ZeroDivisionError: planted by the suite" in outcome.output


KILLED = """
import sys, time
from tests.harness import Trial, call
from tests.unit import worlds_scenarios
trial = Trial({module!r}, call(worlds_scenarios.leave_all))
trial.expect("untimed")
print(trial.private[0].parent, flush=True)
time.sleep(600)
"""


def test_nothing_outlives_a_suite_that_is_killed() -> None:
    """Zygote, keepers and trials end with it."""
    command = [sys.executable, "-c", KILLED.format(module=MODULE)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as suite:
        assert suite.stdout
        place = suite.stdout.readline().strip()
        assert place
        base = Path(place).parent
        names = base.name, Path(place).name
        assert len(list(_writing_to(*names))) > 3
        suite.kill()
    until = time.monotonic() + 20
    while (left := list(_writing_to(*names))) and time.monotonic() < until:
        time.sleep(0.02)
    assert not left
    remove_tree(str(base))  # nobody else is left to do it


def test_a_signal_for_the_terminal_does_not_reach_trials() -> None:
    """Ctrl-C is for pytest: a trial is in another session."""
    with Trial(MODULE, call(worlds_scenarios.leave_all)) as trial:
        trial.expect("untimed")
        (stat,) = [stat for stat in trial.world.stats() if stat.pid == trial.process.pid]
        assert stat.session == stat.pid


def test_a_caller_that_was_killed_has_ended_by_that_signal() -> None:
    """As subprocess.Popen tells it."""
    with Trial(MODULE, call(worlds_scenarios.leave_all)) as trial:
        trial.expect("untimed")
        trial.process.kill()
        assert trial.process.wait(20) == -signal.SIGKILL


RUN = "def run(n, workers):\n    import beside\n    return beside.VALUE\n"


@pytest.mark.parametrize("place", ["/tmp", "/var/tmp", "/dev/shm"])  # noqa: S108 - mounted over
@pytest.mark.parametrize("way", ["a directory", "a link", "the place itself"])
def test_a_module_is_found_where_the_world_has_directories_of_its_own(place: str, way: str) -> None:
    """With the modules beside it."""
    with own_directory("ipc-user-", place) as directory:
        if way == "the place itself":
            place_of_module = directory.parent
            files = [place_of_module / f"{directory.name}_mine.py", place_of_module / "beside.py"]
        elif way == "a link":
            (directory / "real").mkdir()
            place_of_module = directory / "link"
            place_of_module.symlink_to("real")
            files = [place_of_module / "mine.py", place_of_module / "beside.py"]
        else:
            place_of_module = directory
            files = [directory / "mine.py", directory / "beside.py"]
        with contextlib.ExitStack() as stack:
            for file, text in zip(files, [RUN, "VALUE = 2.5\n"], strict=True):
                if file.exists():
                    pytest.skip(f"{file} is there already")
                file.write_text(text)
                stack.callback(file.unlink)
            outcome = run_trial(str(files[0]), call(basics.calls, [(1, 1)]))
    assert [message["value"] for message in outcome.calls()] == [2.5], outcome.faults
