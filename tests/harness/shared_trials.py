"""Trials that several clauses judge: each is held once for a transport, when first asked for."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import pytest

from tests import harness
from tests.harness import Outcome

DEADLY = tuple(
    signal.Signals[name]
    for name in (
        "SIGABRT", "SIGALRM", "SIGBUS", "SIGFPE", "SIGHUP", "SIGILL", "SIGKILL", "SIGQUIT",
        "SIGSEGV", "SIGTERM", "SIGTRAP", "SIGUSR1", "SIGUSR2", "SIGXCPU",
    )
)  # fmt: skip

# Until it has another parent: this process may be killed.
_BURN = "import os; os.nice(5); mine = os.getppid()\nwhile os.getppid() == mine: pass"

STAGES = ("before", "inside", "locked", "after", "exit")


@cache
def three_hundred(transport: str) -> tuple[Outcome, Outcome]:
    """Hold 300 runs, while others go on in another process and a third one burns."""
    params = {"n": 60, "workers": 2, "times": 300}
    burner = subprocess.Popen([sys.executable, "-c", _BURN])
    try:
        with (
            harness.Subject(transport, "repeated", params, {}) as one,
            harness.Subject(transport, "repeated", params | {"times": 60}, {}) as two,
        ):
            for subject in (one, two):  # both, before a census sees the other's channels
                subject.hear_out("done", limit=60)
            return one.finish(20), two.finish(20)
    finally:
        burner.kill()
        burner.wait()


@cache
def struck(transport: str, when: str, *how: str | int) -> Outcome:
    """Strike each of two workers in each of the ways *how*: see `tests.scenarios.faults`."""
    return harness.trial(
        transport, "struck", how=how, when=when, n=terms(transport, when), workers=2
    )


def terms(transport: str, when: str) -> int:
    """Return the terms of a run that is to be struck at "birth", or amid its "work": many."""
    return 8 * harness.quarter_of_a_second(transport) if when == "work" else 1000


@cache
def swept(transport: str, stage: str) -> Outcome:
    """Kill each child at each of its calls into C that belong to *stage*, one of STAGES."""
    return harness.trial(transport, "swept", stage=stage, workers=2, limit=40)


def asked(request: pytest.FixtureRequest, fixture: str) -> list[str]:
    """Return the modules of the supported transports that tests ask *fixture* for."""
    names = {
        harness.module_of(str(item.callspec.params["transport"]))
        for item in request.session.items
        if isinstance(item, pytest.Function) and fixture in item.fixturenames
    }
    return sorted(name for name in names if harness.unsupported(name) is None)


@contextlib.contextmanager
def _at_once(
    transports: Sequence[str], scenario: str, **params: Any
) -> Iterator[dict[str, harness.Subject]]:
    """Put each of *transports* through *scenario*, all at once."""
    with contextlib.ExitStack() as stack:
        yield {
            transport: stack.enter_context(harness.Subject(transport, scenario, params, {}))
            for transport in transports
        }


def _outcomes(subjects: dict[str, harness.Subject], limit: float) -> dict[str, Outcome]:
    """Return the outcome of each, when all are done: a census would see the others' channels."""
    for subject in subjects.values():
        subject.hear_out("done", limit=limit)
    return {transport: subject.finish(1) for transport, subject in subjects.items()}


def waits(transports: Sequence[str]) -> dict[str, Outcome]:
    """Let a run of each of *transports*, all at once, wait for its stopped children for 2 s."""
    with _at_once(transports, "stopped", n=100, workers=2) as subjects:
        for subject in subjects.values():
            subject.hear_out("births")
            subject.hear_out("born", 2)
            for births in subject.outcome.of("births"):
                # A helper may be ended before it can tell.
                subject.hear_out("born", births["count"], limit=0.5)
        time.sleep(2)
        waiting, until = list(subjects.values()), time.monotonic() + 20
        while waiting and time.monotonic() < until:
            for subject in waiting:
                # Those too that are born now: of a launcher that was stopped itself.
                for child in subject.outcome.of("born"):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(child["pid"], signal.SIGCONT)
            for subject in waiting:
                subject.hear_out("done", limit=0.2)
            waiting = [subject for subject in waiting if not subject.outcome.of("done")]
        return _outcomes(subjects, limit=1)


def slow(transports: Sequence[str], seconds: float) -> dict[str, Outcome]:
    """Let a run of each of *transports*, all at once, have children that come *seconds* late."""
    with _at_once(transports, "surroundings.slow", seconds=seconds) as subjects:
        return _outcomes(subjects, limit=seconds * 3)
