"""What befell processes at each of their system calls, and whether runs ended as they have to.

See `tests.scenarios.struck_runs`.
"""

import signal
from collections import Counter
from collections.abc import Callable

import pytest

from report.results import RecordProperty
from tests import harness
from tests.harness import checks, limits, plain
from tests.harness.behind_gate import again, needs_gate, shown, waiting
from tests.harness.outcome import Message, Outcome, state
from tests.harness.places import SHARED
from tests.harness.trial import may_be_ours
from tests.harness.trouble import not_judged
from tests.scenarios import struck_runs
from tests.system.call_errors import RETRIED
from tests.system.resources import Resource

N, WORKERS = 100, 2

# Calls that may go on in all runs of a sweep: as many as all points of a usual transport take.
_CALLS = 100_000
_SHOWN = 6  # ways in which runs went wrong, in a failure
_LIMIT = 600.0  # seconds for a sweep, which usually takes some seconds

Judge = Callable[[Message], str]
"""Returns what is wrong with the end of a run, or ""."""


def sweep(
    transport: str,
    kind: str,
    *,
    caller: bool,
    order: str | None = None,
    calls: int = _CALLS,
    workers: int = WORKERS,
) -> Outcome:
    """Do what *kind* says at each call of the caller, or of all others.

    kind: of struck_runs.KINDS.
    order: the only one to try, or None.
    calls: how many may go on in all runs; the points that are left are not tried.
    """
    scenario = harness.call(
        struck_runs.struck,
        n=N,
        workers=workers,
        kind=kind,
        caller=caller,
        places=list(SHARED),
        calls=calls,
        order=order,
    )
    return harness.run_trial(transport, scenario, limit=_LIMIT)


def judge_sweep(
    transport: str, record_property: RecordProperty, clause: str, outcome: Outcome, judge: Judge
) -> None:
    """Fail unless nothing is left, and *judge* finds nothing wrong; skip where there is no gate.

    What a run leaves that nobody disturbs is for clauses B to tell, and a caller that goes on to
    wait for a worker that is dead is for C1.
    """
    needs_gate(outcome)
    leaks = clause[:1] == "B" or not plain.leaves(transport)
    judge = first_of(judge, left(outcome) if leaks else lives)
    strikes = [message for message in outcome.of("strike") if not message["of_caller"]]
    waits = [message for message in strikes if judge(message).startswith("HANG:")]
    if not waits or clause == "C1" or not plain.unanswered(transport):
        judged(outcome, record_property, clause, judge)
        return
    judged(outcome, record_property, clause, lambda m: "" if m in waits else judge(m))
    if clause[:1] == "C":
        pytest.fail(f"as C1: {judge(waits[0])}", pytrace=False)
    not_judged(f"see C1: {judge(waits[0])}")


def judged(outcome: Outcome, record_property: RecordProperty, clause: str, judge: Judge) -> None:
    """Record how many points there were; fail if *judge* says that a run ended wrong."""
    checks.fail_or_skip(outcome, "HANG", "CRASH")
    assert not outcome.of("strayed"), "DISTURBED: a worker came back into the caller's code"
    for message in outcome.of("order"):
        call = message["outcome"]
        if not call or state(call) != "exact":
            not_judged(f"see A1: a run that nothing befell: {_shown(call) if call else 'no end'}")
    strikes = outcome.of("strike")
    for tried in outcome.of("strikes"):
        text = f"{tried['reached']} points"
        if tried["tried"] < tried["all"]:
            text += f", {tried['tried']} of {tried['all']} were tried"
        record_property(clause, text)
    verdicts = [(message, why) for message in strikes if (why := judge(message))]
    if verdicts:
        wrong = sum(message["times"] for message, _ in verdicts)
        all_ = sum(message["times"] for message in strikes)
        lines = [f"{why}\n  at {m['where']} ({m['order']})" for m, why in verdicts[:_SHOWN]]
        orders = [message["order"] for message, _ in verdicts]
        text = "\n".join([f"{wrong} of {all_} points:", *lines, *again(outcome, orders)])
        pytest.fail(text, pytrace=False)


def ends_of(outcome: Outcome) -> str:
    """Return how many runs were exact, how many raised an error, and so on."""
    counts = Counter[str]()
    for message in outcome.of("strike"):
        call = message["outcome"]
        counts[state(call) if call else "ended"] += message["times"]
    return ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))


def left(outcome: Outcome) -> Judge:
    """Return a judge of what is left."""

    def judge(message: Message) -> str:
        if why := lives(message):
            return why
        found = [Resource(*entry) for entry in message["left"]]
        ours = [str(entry) for entry in found if may_be_ours(outcome, entry)]
        ours += [f"in the caller, {Resource(*entry)}" for entry in message["inside"]]
        return f"LEAK: {'; '.join(ours)}" if ours else ""

    return judge


def lives(message: Message) -> str:
    """Judge a run by whether a process of it will never end."""
    return _stuck(message) if message["stuck"] else ""


def end_of_the_caller(message: Message) -> str:
    """Judge a run whose caller got a signal: it has its usual effect."""
    name = message["what"]
    status, call = message["status"], message["outcome"]
    if name == "SIGINT":
        return _interrupt(message)
    if status == -int(signal.Signals[name]) or status == -signal.SIGKILL:
        return ""
    if call or status == 0:
        return f"DISTURBED: {name} did not end the caller: run {_shown(call)}"
    return f"CRASH: the caller ended with {status}, not by {name}"


def _interrupt(message: Message) -> str:
    call = message["outcome"]
    if message["status"]:
        return f"CRASH: the caller ended with {message['status']}"
    if message["interrupted"] or (call and call.get("error") == "KeyboardInterrupt"):
        return ""
    return f"DISTURBED: no KeyboardInterrupt, but {_shown(call)}"


def names_the_killed(message: Message) -> str:
    """Judge the error of a run in which a process was killed: it has the pid, and the signal."""
    call = message["outcome"]
    if not call or state(call) != "error":
        return ""
    text, name = call["text"], message["what"]
    if not any(str(pid) in text for pid in message["victims"]):
        return f"none of the pids {message['victims']} is in {text!r}"
    causes = [name, str(int(signal.Signals[name]))]
    if not any(cause in text for cause in causes):
        return f"none of {causes} is in {text!r}"
    return ""


def all_or_error(message: Message) -> str:
    """Judge a run whose caller lives: it is exact, or raises an error in time."""
    call, status = message["outcome"], message["status"]
    if not call and message["stuck"]:
        return _stuck(message)
    if status or not call:
        return f"CRASH: the caller ended with {status}"
    if not limits.in_time(call, message["late"]):
        return f"HANG: {message['late']:.1f} s until {_shown(call)}"
    return "" if state(call) in ("exact", "error") else f"WRONG: {_shown(call)}"


def refusal(message: Message) -> str:
    """Judge a run to which the system refused a call: as `all_or_error`, and the error is due.

    One of the caller's is an OSError; after one that asks for it, the call is made again.
    """
    if why := all_or_error(message):
        return why
    call = message["outcome"]
    if state(call) == "exact":
        return ""
    if message["what"] in RETRIED:
        return f"WRONG: it was to call again, but {_shown(call)}"
    if message["of_caller"] and not {"OSError", "MemoryError"} & set(call["mro"]):
        return f"WRONG: no OSError, but {_shown(call)}"
    return ""


def first_of(*judges: Judge) -> Judge:
    """Return a judge that says what the first of *judges* says that finds something wrong."""
    return lambda message: next((why for judge in judges if (why := judge(message))), "")


def _stuck(message: Message) -> str:
    came_back = message["outcome"] or message["status"] is not None
    return f"{'ORPHAN' if came_back else 'HANG'}: {waiting(message)}"


def _shown(call: Message) -> str:
    return shown(call) if call else "no outcome"
