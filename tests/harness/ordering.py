"""What runs in many orders of their system calls have shown: see `tests.scenarios.orders`."""

from collections.abc import Iterable, Sequence
from typing import NoReturn

import pytest

from report.results import RecordProperty
from tests.harness import behind_gate, checks
from tests.harness.outcome import Message, Outcome, state
from tests.harness.trouble import Inexact, not_judged


def gated(outcome: Outcome, record_property: RecordProperty, clause: str) -> Outcome:
    """Skip where there is no gate; else record how many orders were tried, and return *outcome*."""
    checks.fail_or_skip(outcome, "CRASH")
    behind_gate.needs_gate(outcome)
    for tried in outcome.of("orders"):
        count, of = tried["orders"], tried["all"]
        text = f"{count} orders" if count == of else f"{count} of {of} orders"
        if tried["both"]:
            text += f", {tried['both']} pairs of calls in both orders"
        record_property(clause, text)
    if not outcome.of("orders"):
        checks.fail_or_skip(outcome, "HANG")
        not_judged("see A1: the run did not come to an end")
    return outcome


def sound(outcome: Outcome) -> None:
    """Fail if a run did not come back, was not exact, or has left a process."""
    exact(outcome)
    ends(outcome)
    nothing_lives(outcome)


def exact(outcome: Outcome) -> None:
    """Fail if a run that came back was not exact, or its caller died."""
    ended = [message for message in outcome.of("order") if _came_back(message)]
    wrong = [(message, _state(message)) for message in ended if _state(message) != "exact"]
    if wrong:
        _fail(outcome, wrong)


def _fail(outcome: Outcome, wrong: Sequence[tuple[Message, str]]) -> NoReturn:
    """Fail with what was seen; say so if there were wrong results, which A1 may tell."""
    text = _told(outcome, wrong)
    calls = [message["outcome"] for message, _ in wrong if message["outcome"]]
    if any(state(call).startswith("returned") for call in calls):
        raise Inexact(text, calls)
    pytest.fail(text, pytrace=False)


def oserrors(outcome: Outcome) -> None:
    """Fail if a run to which the system refused a call was neither exact nor an OSError."""
    wrong = [(m, why) for m in outcome.of("order") if (why := _no_oserror(m))]
    if wrong:
        _fail(outcome, wrong)


def _no_oserror(message: Message) -> str:
    """Return what is wrong with the end of a run to which the system refused a call, or ""."""
    if not _came_back(message):
        return _waiting(message)
    if _died(message) or _state(message) == "exact":
        return _state(message) if _died(message) else ""
    call = message["outcome"]
    if {"OSError", "MemoryError"} & set(call.get("mro", [])):
        return ""
    return f"no OSError, but {_state(message)}"


def ends(outcome: Outcome) -> None:
    """Fail if a run did not come back."""
    if wrong := [(m, _waiting(m)) for m in outcome.of("order") if not _came_back(m)]:
        pytest.fail(_told(outcome, wrong), pytrace=False)


def nothing_lives(outcome: Outcome) -> None:
    """Fail if a process lived on after a run that came back, for ever."""
    wrong = [
        (message, f"ORPHAN: {'; '.join(message['stuck'])}")
        for message in outcome.of("order")
        if _came_back(message) and message["stuck"]
    ]
    if wrong:
        pytest.fail(_told(outcome, wrong), pytrace=False)


def _came_back(message: Message) -> bool:
    return bool(message["outcome"]) or message["status"] is not None


def _died(message: Message) -> bool:
    """Tell whether the caller ended otherwise than by a return of what is told."""
    return bool(message["status"]) or (message["status"] is not None and not message["outcome"])


def _state(message: Message) -> str:
    """Return what a run did in words; a result that is an error has its text."""
    if _died(message):
        return f"CRASH: the caller ended with {message['status']}"
    return behind_gate.shown(message["outcome"])


def _waiting(message: Message) -> str:
    return f"HANG: {behind_gate.waiting(message)}"


def _told(outcome: Outcome, wrong: Iterable[tuple[Message, str]]) -> str:
    """Return what was seen: each way once, and the story of the first."""
    found = list(wrong)
    all_ = sum(message["times"] for message in outcome.of("order"))
    times = sum(message["times"] for message, _ in found)
    lines = [f"in {times} of {all_} orders of the system calls:"]
    lines += [f"{text} ({message['order']})" for message, text in found[:4]]
    return "\n".join([*lines, *behind_gate.again(outcome, [found[0][0]["order"]])])
