"""D. Progress: no deadlock, and no busy wait."""

import contextlib
import os
import signal
import statistics
import time

import pytest

from report.results import RecordProperty
from tests import harness
from tests.harness import checks, room, shared_trials


@pytest.mark.clause("D1")
def test_more_workers_than_a_queue_holds_do_not_deadlock(
    transport: str, record_property: RecordProperty
) -> None:
    """D1: the caller is stopped while up to 600 workers send all that the channel takes.

    A POSIX queue holds 10 messages, a System V queue 16384 bytes, a listener its backlog.  Of
    fresh interpreters, which take a tenth of a second of CPU each to start, there are 60.  Where
    the limits of the system leave no room for all, there are fewer.
    """
    wanted = 600 if harness.support(transport).forks else 60
    workers = room.workers(record_property, "D1", wanted, least=min(64, wanted))
    free = room.shared_memory()

    def hold(subject: harness.Subject) -> None:
        subject.hear_out("born", workers * 5 // 6, limit=30)  # a pool may need fewer
        with contextlib.suppress(ProcessLookupError):
            os.kill(subject.process.pid, signal.SIGSTOP)
            time.sleep(0.3)
            os.kill(subject.process.pid, signal.SIGCONT)

    outcome = harness.trial(transport, "crowded", n=6000, workers=workers, act=hold, limit=30)
    calls = checks.sound(outcome).calls()
    if (reason := room.too_little_memory(calls, free)) is not None:
        pytest.skip(reason)
    checks.all_exact(calls)


@pytest.fixture(scope="session")
def waits(request: pytest.FixtureRequest) -> dict[str, harness.Outcome]:
    """Let a run of each transport that is to be tested wait for the same two seconds."""
    return shared_trials.waits(shared_trials.asked(request, "waits"))


@pytest.mark.clause("D2")
def test_the_caller_sleeps_while_it_waits(
    transport: str, waits: dict[str, harness.Outcome]
) -> None:
    """D2: less than 50 ms of CPU in 2 s, and woken no more often than there are events.

    A wait that asks at an interval of its own, be it 100 ms, wakes twenty times in 2 s.
    """
    outcome = checks.sound(waits[transport])
    checks.all_exact(outcome.calls())
    (waited,) = outcome.of("waited")
    assert waited["cpu"] < 0.05, f"{waited['cpu']:.3f} s of CPU in a wait of 2 s"
    assert waited["wakes"] < 18, f"woken {waited['wakes']} times in a wait of 2 s"


@pytest.mark.clause("D2")
def test_no_sleep_adds_to_a_short_run(transport: str) -> None:
    """D2: with a term a worker, nobody is idle for longer than bare processes take four times.

    A sleep at each start, or an interval at which the end is asked for, lasts longer.  What the
    workers compute is not counted, be it the start of an interpreter.
    """
    outcome = checks.sound(harness.trial(transport, "idle.short", workers=10, times=10))
    checks.all_exact(outcome.calls())
    runs = outcome.of("short")
    floor = statistics.median(run["floor"] for run in runs)
    idle = min(run["idle"] for run in runs)
    assert idle < 4 * floor, f"idle for {idle / floor:.1f} times as long as bare processes take"
