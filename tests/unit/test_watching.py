"""Workers are struck and counted from outside, whatever they have done to themselves."""

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.harness import Outcome, call, machine, run_trial, state, trial
from tests.harness.checks import errors_in_time, missed, names_victim
from tests.scenarios import basics, faults, idle
from tests.system import processes
from tests.unit import watching_scenarios

HONEST = "tests.selftest.defects.honest"
CONTROLS = "tests.selftest.controls"

TERMS = 4_000_000  # for which two workers compute for some tenths of a second

pytestmark = pytest.mark.skipif(not processes.pids(), reason="no /proc to watch workers by")


@pytest.fixture
def busy() -> Iterator[None]:
    """Let twice as many programs compute as there are processors."""
    code = "while True: pass"
    count = 2 * (os.cpu_count() or 1)
    programs = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(count)]
    yield
    for program in programs:
        program.kill()
        program.wait()


def _killed(module: str, *how: str | int) -> Outcome:
    scenario = call(faults.killed, how=how, when="work", n=TERMS, workers=2)
    return run_trial(module, scenario)


@pytest.mark.parametrize(
    "name",
    [
        "default_signals",
        "blocks_signals",
        "computes_in_a_thread",
        "closes_descriptors",
        "zygote",
    ],
)
def test_a_worker_is_killed_amid_its_work_whatever_it_has_done(name: str) -> None:
    """The error names the worker that was struck."""
    outcome = _killed(f"{CONTROLS}.{name}", 9)
    assert len(outcome.of("injected")) == 2
    assert [state(found) for found in outcome.calls()] == ["error"] * 2
    errors_in_time(outcome, 2)
    names_victim(outcome)
    assert not outcome.faults, outcome.faults


@pytest.mark.parametrize("name", ["default_signals", "blocks_signals"])
def test_a_worker_that_does_not_hear_is_no_verdict(name: str) -> None:
    """It goes on, and the reason is said."""
    outcome = _killed(f"{CONTROLS}.{name}", "raise")
    assert [state(found) for found in outcome.calls()] == ["exact"]
    assert "reset or block SIGURG" in missed(outcome)
    with pytest.raises(pytest.skip.Exception, match="SIGURG"):
        errors_in_time(outcome, 2)


def test_a_signal_that_a_worker_outlives_is_not_sent() -> None:
    """The workers of this module block SIGINT and not SIGTERM, as their caller does amid a run."""
    outcome = _killed(HONEST, 2, 15)
    assert [state(found) for found in outcome.calls()] == ["exact", "exact", "error", "error"]
    assert {message["way"] for message in outcome.of("injected")} == {15}
    errors_in_time(outcome, 2)
    names_victim(outcome)


def test_a_run_that_nobody_computes_is_not_struck() -> None:
    """The caller computes itself: one run is made, and the reason is said."""
    outcome = _killed("tests.selftest.defects.in_the_caller", 9)
    assert [state(found) for found in outcome.calls()] == ["exact"]
    assert "no process beside the caller" in missed(outcome)


def test_a_helper_has_not_computed_and_its_workers_have() -> None:
    """They are no children of the caller."""
    outcome = run_trial(f"{CONTROLS}.zygote", call(basics.worked, n=TERMS, workers=3))
    for cpu in outcome.of("cpu"):
        assert len(cpu["who"]) == 3
        assert cpu["own"] < cpu["work"] / 4


def test_the_caller_is_not_counted() -> None:
    """Though it computes."""
    scenario = call(basics.worked, n=TERMS, workers=2)
    for cpu in run_trial("tests.selftest.defects.in_the_caller", scenario).of("cpu"):
        assert not cpu["who"]
        assert cpu["work"] < cpu["own"]


@pytest.mark.parametrize("name", ["zygote", "closes_descriptors"])
def test_workers_are_found_on_a_machine_that_others_use(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the mark of the trial, or as children of what has it."""
    monkeypatch.setattr(trial, "make_world", lambda target, env: machine.Machine())
    outcome = _killed(f"{CONTROLS}.{name}", 9)
    assert len(outcome.of("injected")) == 2
    assert [state(found) for found in outcome.calls()] == ["error"] * 2
    assert not [why for verdict, why in outcome.faults if verdict == "ORPHAN"]


def _idle(module: str) -> float:
    """Return the mean of the seconds in which all processes of a short run sleep."""
    runs = run_trial(module, call(idle.short, workers=10, times=5)).of("short")
    assert [run["seen"] for run in runs] == [True] * 5
    return statistics.fmean(run["idle"] for run in runs)


@pytest.mark.parametrize("name", ["spawned", "zygote", "threads"])
def test_a_run_does_not_sleep_while_its_processes_wait_for_a_processor(
    name: str, busy: None
) -> None:
    """Beside programs that compute.  The CPU time of workers that a helper forks counts too."""
    assert _idle(f"{CONTROLS}.{name}") < 0.005


def test_a_sleep_for_each_worker_is_seen(busy: None) -> None:
    """It is 0.03 s for each of ten workers; the looks have to see half of it at least."""
    assert 0.15 < _idle("tests.selftest.defects.sleeps_per_worker") < 0.6


def test_without_proc_a_run_sleeps_for_what_its_cpu_time_does_not_explain() -> None:
    """The shortest of ten runs counts."""
    found = {
        module: min(
            run["idle"]
            for run in run_trial(module, call(watching_scenarios.short_unwatched)).of("short")
        )
        for module in (HONEST, "tests.selftest.defects.sleeps_per_worker")
    }
    assert found[HONEST] < 0.15 < found["tests.selftest.defects.sleeps_per_worker"]


def test_without_proc_workers_end_by_what_is_inside_of_them() -> None:
    """Each of two, in each of three ways."""
    outcome = run_trial(HONEST, call(watching_scenarios.killed_unwatched, n=TERMS))
    assert not outcome.of("watches")
    assert [state(found) for found in outcome.calls()] == ["error"] * 6
    assert len(outcome.of("injected")) == 6
    errors_in_time(outcome, 2)


def test_without_proc_workers_log_that_they_compute() -> None:
    """At least two processes in each of two runs."""
    outcome = run_trial(HONEST, call(watching_scenarios.worked_unwatched, n=TERMS))
    assert len(outcome.of("cpu")) == 2
    assert len({tick["pid"] for tick in outcome.of("tick")}) == 4


def test_without_proc_timers_of_the_workers_send_signals() -> None:
    """They disturb nothing."""
    outcome = run_trial(HONEST, call(watching_scenarios.interrupted_unwatched, n=TERMS // 10))
    assert [state(found) for found in outcome.calls()] == ["exact"] * 3
    assert not outcome.faults, outcome.faults
