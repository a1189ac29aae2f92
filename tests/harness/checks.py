"""Assertions that tests share.  A failure shows what was seen."""

import signal
from collections.abc import Iterable, Sequence

import pytest

from tests.harness import limits
from tests.harness.outcome import Message, Outcome, state
from tests.harness.random_strikes import Sweep
from tests.harness.trouble import Crashed, Hung, Inexact, not_judged
from tests.scenarios import slow_forks

_A_FEW = 10  # forks after a fault, of a run that looks between two of them


def summary(call: Message) -> str:
    """Return a line about *call*: what was done to it, and what it did."""
    where = {
        k: v for k, v in call.items() if k in {"where", "way", "victims", "delay", "victim", "case"}
    }
    text = f": {call['error']}: {call['text']}" if "error" in call else ""
    return f"run({call['n']}, {call['workers']}) {where or ''} {state(call)}{text}"


def fail_or_skip(outcome: Outcome, *verdicts: str) -> Outcome:
    """Fail if *outcome* has one of *verdicts*; skip if the scenario could not be run; return it.

    A hang and a crash are raised as such: they may be another clause's to tell, see `causes`.
    """
    if wrong := [fault for fault in outcome.faults if fault[0] in verdicts]:
        verdict, why = wrong[0]
        if verdict == "HANG":
            raise Hung(why, outcome)
        if verdict == "CRASH":
            raise Crashed(f"CRASH: {why}")
        text = "\n".join(f"{verdict}: {why}" for verdict, why in wrong[:10])
        pytest.fail(text, pytrace=False)
    for unmet in outcome.of("unmet"):
        pytest.skip(unmet["why"])
    return outcome


def finished(outcome: Outcome) -> Outcome:
    """Fail if the trial ended in a HANG or a CRASH; return the outcome.

    Whether something was left or disturbed is not checked: other clauses do that.
    """
    return fail_or_skip(outcome, "HANG", "CRASH")


def nothing_left(outcome: Outcome) -> Outcome:
    """Fail if anything was left, or the trial did not finish; return the outcome."""
    return fail_or_skip(outcome, "HANG", "CRASH", "ORPHAN", "LEAK")


def no_orphan(outcome: Outcome) -> Outcome:
    """Fail if a process of the trial outlived it, or the trial did not finish; return it."""
    return fail_or_skip(outcome, "HANG", "CRASH", "ORPHAN")


def not_disturbed(outcome: Outcome) -> Outcome:
    """Fail if a worker came back into the caller's code, or something was printed; return it."""
    return fail_or_skip(outcome, "HANG", "CRASH", "DISTURBED")


def all_exact(calls: Iterable[Message]) -> None:
    """Fail unless there were calls, and every one returned the exact result."""
    seen = list(calls)
    wrong = [call for call in seen if state(call) != "exact"]
    assert seen, "no call was made"
    if wrong:
        head = f"{len(wrong)} of {len(seen)} calls were not exact:\n"
        raise Inexact(head + "\n".join(map(summary, wrong[:10])), wrong)


def exact(call: Message, shown: str) -> None:
    """Fail with the text *shown* unless *call* returned the exact result."""
    if state(call) != "exact":
        raise Inexact(shown, [call])


def some_exact(outcome: Outcome) -> Outcome:
    """Skip unless a run of the trial was exact: of one that does nothing, nothing is left."""
    if not any(state(call) == "exact" for call in outcome.of("outcome")):
        not_judged("see A1: no run of this trial gave the exact result")
    return outcome


def all_error(
    calls: Iterable[Message], *, or_exact: bool = False, late: float = limits.SECOND
) -> None:
    """Fail unless every call raised an Exception in time; skip if there were none.

    or_exact: whether the exact result is right as well.
    late: seconds that a call may have taken, if its fault was injected at its start.
    """
    good = {"error", "exact"} if or_exact else {"error"}
    seen = [call for call in calls if "again" not in call]
    wrong = [
        call
        for call in seen
        if state(call) not in good or not limits.in_time(call, call["seconds"], late)
    ]
    some_fault(seen)
    if wrong:
        head = f"{len(wrong)} of {len(seen)} faults were not answered by an error in time:\n"
        text = head + "\n".join(map(summary, wrong[:10]))
        if or_exact and all(state(call).startswith("returned") for call in wrong):
            raise Inexact(text, wrong)
        pytest.fail(text, pytrace=False)


def some_fault(calls: Sequence[Message]) -> None:
    """Skip if there were no *calls* with a fault: there was no process to inject it into."""
    if not calls:
        not_judged("see A5: no process of a run was met, so it got no fault")


def missed(outcome: Outcome) -> str:
    """Return why no worker could be met amid its work, or ""."""
    why = [str(message["why"]) for message in outcome.of("missed")]
    return "" if outcome.of("injected") or not why else why[0]


def _struck(outcome: Outcome) -> list[Message]:
    """Return the calls of `run` in which a worker was struck."""
    found, injected = [], False
    for message in outcome.messages:
        if message["kind"] == "injected":
            injected = True
        elif message["kind"] == "outcome":
            if injected and "way" in message:
                found.append(message)
            injected = False
    return found


def errors_in_time(outcome: Outcome, workers: int) -> None:
    """Fail unless the faults in workers became errors in time, and no process lives on.

    A transport may fork helpers beside its workers, and may not need them any more when they die.
    So not every fault has to be an error.  But each child in turn had a fault, so there must be at
    least as many errors as workers.
    """
    no_orphan(outcome)
    calls = [call for call in outcome.calls() if "again" not in call]
    if why := missed(outcome):
        pytest.skip(why)
    all_error(calls, or_exact=True, late=float("inf"))
    struck = _struck(outcome)
    if not struck:
        pytest.skip("none of its workers computed for long enough to be met amid its work")
    for way in {call["way"] for call in struck}:
        mine = [call for call in struck if call["way"] == way]
        each = min(workers, len(mine))
        errors = sum(state(call) == "error" for call in mine)
        if errors < each:
            lines = "\n".join(map(summary, mine))
            pytest.fail(f"{errors} errors, and {each} workers had a fault:\n{lines}", pytrace=False)
    promptly(outcome)


def killed_at_points(outcome: Outcome) -> list[Message]:
    """Return the calls of `run` in which a worker was killed at a call into C."""
    found: list[Message] = []
    for message in outcome.messages:
        if message["kind"] == "outcome" and "where" in message:
            found.append(message)
        elif message["kind"] == "unreached" and state(call := found.pop()) != "exact":
            not_judged(f"see C11: nobody was killed in this run, after others: {summary(call)}")
    if not found and outcome.of("unreached"):
        not_judged(
            "no worker came to the call at which it was to be killed: it makes other calls in each "
            "run, as one with threads does"
        )
    return found


def swept(outcome: Outcome) -> str:
    """Return how many of the points of a sweep of calls into C were tried, if not all; else ""."""
    for sweep in outcome.of("points"):
        if sweep["tried"] < sweep["chosen"]:
            return f"{sweep['tried']} of {sweep['chosen']} points were tried in the time there was"
        if sweep["tried"] < sweep["all"]:
            return f"{sweep['tried']} of {sweep['all']} points were tried, evenly spread"
    return ""


def no_point_wrong(seen: Sweep) -> None:
    """Fail unless each of the signals at random moments had its effect, and left nothing."""
    assert seen.verdicts, "no signal came before the end of its run"
    if seen.wrong:
        head = f"{len(seen.wrong)} of {seen.verdicts.total()} points:\n"
        pytest.fail(head + "\n".join(line[:600] for line in seen.wrong[:10]), pytrace=False)


def promptly(outcome: Outcome) -> None:
    """Fail if an error came more than a second after the fault that caused it."""
    injected = 0.0
    for message in outcome.messages:
        if message["kind"] == "injected":
            injected = message["at"]
        elif message["kind"] == "outcome" and injected and "error" in message:
            late = message["at"] - injected
            if not limits.in_time(message, late):
                pytest.fail(f"{late:.2f} s after the fault: {summary(message)}", pytrace=False)
            injected = 0.0


def names_victim(outcome: Outcome, only: str = "") -> None:
    """Fail unless each error names the worker that had the fault, and its signal or exit code.

    only: the way of the faults to look at; "" for all.
    """
    victims: list[int] = []
    for message in outcome.messages:
        if message["kind"] == "injected":
            victims.append(message["pid"])
        elif message["kind"] == "outcome" and "way" in message:
            text, way = message.get("text"), message["way"]
            # Without a text the fault was in a helper, and had no effect.
            if text is None or (only and way != only):
                victims.clear()
                continue
            if not any(str(pid) in text for pid in victims):
                pytest.fail(f"none of the pids {victims} is in {text!r}", pytrace=False)
            causes = _CAUSES.get(way) or _spellings(int(way))
            if not any(cause in text for cause in causes):
                pytest.fail(f"none of {causes} is in {text!r}", pytrace=False)
            victims.clear()


_CAUSES = {"exit": ["0"], "raise": ["planted by the suite"]}


def _spellings(number: int) -> list[str]:
    """Return what a signal may be called: most of the real-time range have no name."""
    names = [found.name for found in signal.Signals if found == number]
    return [*names, str(number)]


def ended_amid_forks(outcome: Outcome, case: str) -> Message:
    """Return the call of `run` in *case*, a fault while workers were still being forked.

    Fail if the run went on to fork for a second: the forks after the fault are counted, each of
    which has taken a certain time at least, so this holds whatever the load of the machine.
    """
    ended = {message["case"] for message in outcome.of("forking", "failed")}
    if case not in ended:  # a later case of the trial may hang, which is not this one's
        finished(outcome)
    if failed := [message for message in outcome.of("failed") if message["case"] == case]:
        pytest.fail(f"{case}: {failed[0]['error']}", pytrace=False)
    (call,) = [call for call in outcome.calls() if call["case"] == case]
    (forking,) = [message for message in outcome.of("forking") if message["case"] == case]
    if "error" not in call and forking["forks"] < slow_forks.BEFORE:
        pytest.skip(
            f"the run forked but {forking['forks']} children: too few for a fault amid them"
        )
    count, least = forking["after"], forking["after"] * forking["each"]
    if "error" in call and least > limits.SECOND:
        pytest.fail(
            f"{case} while workers were being forked: the run forked {count} more before it raised "
            f"{call['error']}. The suite lets each fork take {forking['each'] * 1e3:.0f} ms at "
            f"least, so that was {least:.1f} s after the fault or more; a second is allowed",
            pytrace=False,
        )
    return call


def nothing_inside(outcome: Outcome, case: str) -> None:
    """Fail if the fault *case* of `ended_amid_forks` has left something in the caller."""
    for message in outcome.of("forking"):
        if message["case"] == case and message["new"]:
            left = ", ".join(f"{kind} {name}" for kind, name, *_ in message["new"])
            pytest.fail(f"{case} while workers were being forked: left {left}", pytrace=False)


def ended_in_a_crowd(outcome: Outcome, case: str, error: str) -> None:
    """Fail unless a run of hundreds of workers raised *error* at once after its fault, *case*.

    It is late only if it has forked many more workers, and a second was over: on a machine under
    load a single fork may take that long.
    """
    finished(outcome)
    if failed := [message for message in outcome.of("failed") if message["case"] == case]:
        pytest.fail(f"{case} while workers were being forked: {failed[0]['error']}", pytrace=False)
    (call,) = [call for call in outcome.calls() if call["case"] == case]
    (many,) = [message for message in outcome.of("many") if message["case"] == case]
    assert error in call.get("mro", []), summary(call)
    if many["after"] > _A_FEW and not limits.in_time(call, many["late"]):
        pytest.fail(
            f"{case} while workers were being forked: {many['before']} had been, and the run "
            f"forked {many['after']} more before it raised {error}, {many['late']:.1f} s later",
            pytrace=False,
        )


def storm_weathered(outcome: Outcome) -> Message:
    """Fail unless each run under a handler that raises was exact or raised what the handler did.

    Return the message of the storm.
    """
    finished(outcome)
    (stormed,) = outcome.of("stormed")
    if stormed["wrong"]:
        head = f"{len(stormed['wrong'])} of {stormed['runs']} runs, {stormed['strikes']} strikes:\n"
        pytest.fail(head + "\n".join(stormed["wrong"]), pytrace=False)
    nothing_left(outcome)
    return stormed
