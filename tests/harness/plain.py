"""Trials in plain surroundings: they show to which clause a failure belongs.

A clause that puts the caller into unusual surroundings, and kills a worker there, is judged only if
the death of a worker is answered in plain surroundings.  The same holds for a result that is not
exact.
"""

import signal
from functools import cache

import pytest

from tests.harness import checks, limits
from tests.harness.outcome import Outcome, state
from tests.harness.support import moment
from tests.harness.trial import run_trial
from tests.harness.trouble import not_judged
from tests.scenarios import basics, faults
from tests.scenarios.protocol import call

__all__ = [
    "calm",
    "deaths",
    "leaves",
    "needs_answered_deaths",
    "nothing_more_left",
    "run_trouble",
    "small_trouble",
    "unanswered",
]

# So many that a job of eight bytes a term, written to a worker that is dead, does not fit a pipe.
_TERMS = 60_000
_QUIET = 5.0  # seconds in which nothing computes; a run whose worker is dead ends in one second
_CALM = [(100, 3), (0, 1), (5, 12)]
_FEW = [(2, 1), (2, 2), (2, 3), (2, 5), (100, 3)]  # such runs as scenarios make before a fault


@cache
def calm(target: str) -> Outcome:
    """Run a few times where nobody disturbs it: clause B1."""
    return run_trial(target, call(basics.calls, _CALM))


def leaves(target: str) -> bool:
    """Tell whether something is left of a run that nobody disturbs, which is for B1 to tell."""
    return any(verdict == "LEAK" for verdict, _ in calm(target).faults)


def nothing_more_left(target: str, outcome: Outcome) -> Outcome:
    """Fail if a trial has left more than a run leaves which nobody disturbs; return it.

    What that leaves is for clause B1 to tell.
    """
    usual = {verdict for verdict, _ in calm(target).faults}
    own = [verdict for verdict in ("ORPHAN", "LEAK") if verdict not in usual]
    return checks.fail_or_skip(outcome, "HANG", "CRASH", *own)


@cache
def deaths(target: str) -> Outcome:
    """Kill each of three workers at its birth, one in each run: clause C1."""
    when, n = moment(target, "birth", _TERMS)
    scenario = call(faults.killed, how=[signal.SIGKILL], when=when, n=n, workers=3)
    with limits.quiet_after(_QUIET):
        return run_trial(target, scenario)


@cache
def unanswered(target: str) -> str:
    """Return what is wrong with the answer to the death of a worker, or ""."""
    try:
        checks.errors_in_time(deaths(target), 3)
    except (AssertionError, pytest.fail.Exception) as failure:
        return str(failure)
    except pytest.skip.Exception:
        return ""
    return ""


def needs_answered_deaths(target: str) -> None:
    """Skip a test of which the death of a worker is a part, where it is not answered at all."""
    if deaths(target).verdict == "CRASH" and (why := small_trouble(target)):
        not_judged(f"see A1: {why}")
    if unanswered(target):
        not_judged("see C1: the death of a worker is not answered by an error")


@cache
def run_trouble(target: str, n: int, workers: int) -> str:
    """Return what is wrong with ``run(n, workers)`` where nobody disturbs it, or ""."""
    return _first_trouble(run_trial(target, call(basics.calls, [(n, workers)])))


@cache
def small_trouble(target: str) -> str:
    """Return what is wrong with a few short runs where nobody disturbs them, or ""."""
    return _first_trouble(run_trial(target, call(basics.calls, _FEW)))


def _first_trouble(outcome: Outcome) -> str:
    for seen in outcome.of("outcome"):  # also the one that warms up
        if state(seen) != "exact":
            return checks.summary(seen)
    if outcome.verdict in ("HANG", "CRASH"):
        return f"{outcome.verdict}: {outcome.faults[0][1].splitlines()[0]}"
    return ""
