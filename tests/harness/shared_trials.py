"""Trials that several clauses check: each runs once for a transport, when it is first needed."""

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from functools import cache

import pytest

from report.results import RecordProperty
from tests import harness
from tests.harness import Outcome, call, limits, plain, room
from tests.scenarios import (
    basics,
    faults,
    nested,
    orders,
    own_children,
    slow_forks,
    surroundings,
)
from tests.scenarios.protocol import Call

DEADLY = tuple(
    signal.Signals[name]
    for name in (
        "SIGABRT", "SIGALRM", "SIGBUS", "SIGFPE", "SIGHUP", "SIGILL", "SIGKILL", "SIGQUIT",
        "SIGSEGV", "SIGTERM", "SIGTRAP", "SIGUSR1", "SIGUSR2", "SIGXCPU",
    )
)  # fmt: skip

# Uses all of a processor until it has another parent: the process that starts it may be killed.
# The lowest priority that there is: it disturbs the runs, and takes no time from other tests.
_BURN = """
import os
if hasattr(os, "SCHED_IDLE"):
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
else:
    os.nice(19)
mine = os.getppid()
while os.getppid() == mine:
    pass
"""

# In a sweep of orders. Workers that are forked make a hundred or two in a run; where they start an
# interpreter, it makes thousands, and not all orders are tried.
_CALLS = 40_000

# Of the life of a worker, by its sends and its lock: see `tests.scenarios.faults`.
STAGES = ("before", "inside", "locked", "after", "exit")


@cache
def three_hundred(transport: str) -> tuple[Outcome, Outcome]:
    """Make 300 runs, while another process makes runs too and a third one uses a processor."""
    burner = subprocess.Popen([sys.executable, "-c", _BURN])
    try:
        with (
            harness.Trial(transport, call(basics.repeated, n=60, workers=2, times=300)) as one,
            harness.Trial(
                transport, call(basics.repeated, n=60, workers=2, times=60), beside=one
            ) as two,
        ):
            for trial in (one, two):  # both: an inventory would see the other's channels
                trial.hear_out("done", limit=60)
            return one.finish(20), two.finish(20)
    finally:
        burner.kill()
        burner.wait()


@cache
def in_orders(transport: str, order: str | None = None) -> Outcome:
    """Run in many orders of system calls, or in one: see `tests.scenarios.orders`."""
    if order:
        scenario = call(orders.followed, n=30, workers=3, order=order)
    else:
        scenario = call(orders.swept, n=30, workers=3, kinds=["stalls"], calls=_CALLS)
    return harness.run_trial(transport, scenario, limit=60)


@cache
def killed(transport: str, when: str, *how: str | int) -> Outcome:
    """End each of two workers in each of the ways *how*: see `tests.scenarios.faults.killed`."""
    n = terms(transport, when)
    return harness.run_trial(transport, call(faults.killed, how=how, when=when, n=n, workers=2))


def terms(transport: str, when: str) -> int:
    """Return the number of terms for a run with a fault at the "birth" or amid the "work"."""
    # Two seconds of work: workers that share it still compute when the fault is injected.
    return 8 * harness.quarter_of_a_second(transport) if when == "work" else 1000


@cache
def killed_at_c_calls(transport: str, stage: str) -> Outcome:
    """Kill each child at each of its calls into C that belong to *stage*, one of STAGES."""
    return harness.run_trial(
        transport, call(faults.killed_at_c_calls, stage=stage, workers=2), limit=40
    )


@cache
def nested_runs(transport: str) -> Outcome:
    """Run where another run is under way."""
    return harness.run_trial(transport, call(nested.everywhere), limit=90)


@cache
def forked_meanwhile(transport: str) -> Outcome:
    """Run while the caller forks children of its own."""
    return harness.run_trial(transport, call(own_children.forked_meanwhile), limit=60)


@cache
def slow_forks_of(transport: str, workers: int) -> Outcome:
    """Let faults come while *workers* workers are being forked: see `slow_forks.struck`."""
    deaths = plain.deaths(transport).verdict != "HANG"  # else it takes long, and shows nothing new
    scenario = call(slow_forks.struck, workers=workers, deaths=deaths)
    return harness.run_trial(transport, scenario, limit=60)


@cache
def crowds_of(transport: str, workers: int) -> Outcome:
    """Let faults come when a run with *workers* workers that compute has begun."""
    return harness.run_trial(transport, call(slow_forks.crowds, workers=workers), limit=90)


def workers_to_fork(record_property: RecordProperty, clause: str) -> int:
    """Return how many workers to fork slowly; skip where there is no room for them.

    So many that those after the fault take a second and a half.
    """
    wanted = slow_forks.BEFORE + int(1.5 * limits.SECOND / slow_forks.EACH)
    return room.workers(record_property, clause, wanted, least=wanted)


def asked(request: pytest.FixtureRequest, fixture: str) -> list[str]:
    """Return the modules of the supported transports whose tests use *fixture*."""
    names = {
        harness.module_of(str(item.callspec.params["transport"]))
        for item in request.session.items
        if isinstance(item, pytest.Function) and fixture in item.fixturenames
    }
    return sorted(name for name in names if harness.unsupported(name) is None)


@contextlib.contextmanager
def _at_once(transports: Sequence[str], scenario: Call) -> Iterator[dict[str, harness.Trial]]:
    """Run *scenario* with each of *transports*, all at once."""
    with contextlib.ExitStack() as stack:
        yield {
            transport: stack.enter_context(harness.Trial(transport, scenario))
            for transport in transports
        }


def _outcomes(trials: dict[str, harness.Trial], limit: float) -> dict[str, Outcome]:
    """Return the outcome of each when all are done.

    Where they share the machine, each inventory would have the others' channels.
    """
    for trial in trials.values():
        trial.hear_out("done", limit=limit)
    return {transport: trial.finish(1) for transport, trial in trials.items()}


@cache
def waits(transports: tuple[str, ...]) -> dict[str, Outcome]:
    """Let a run of each of *transports* wait for its stopped children for 2 s, all at once."""
    with _at_once(transports, call(basics.stopped, n=100, workers=2)) as trials:
        for trial in trials.values():
            trial.hear_out("births")
            trial.hear_out("born", 2)
            for births in trial.outcome.of("births"):
                # A helper may be ended before it logs its birth.
                trial.hear_out("born", births["count"], limit=0.5)
        time.sleep(2)
        waiting, until = list(trials.values()), time.monotonic() + 20
        while waiting and time.monotonic() < until:
            for trial in waiting:
                # New ones too: a launcher that was stopped starts its workers only now.
                for child in trial.outcome.of("born"):
                    with contextlib.suppress(ProcessLookupError):
                        trial.world.kill(child["pid"], signal.SIGCONT)
            for trial in waiting:
                trial.hear_out("done", limit=0.2)
            waiting = [trial for trial in waiting if not trial.outcome.of("done")]
        return _outcomes(trials, limit=1)


def slow(transports: Sequence[str], seconds: float) -> dict[str, Outcome]:
    """Run each of *transports*, all at once, with children that start *seconds* late."""
    with _at_once(transports, call(surroundings.slow, seconds=seconds)) as trials:
        return _outcomes(trials, limit=seconds * 3)
