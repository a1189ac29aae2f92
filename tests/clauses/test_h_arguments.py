"""H. Arguments: invalid arguments are refused before anything is created."""

from collections.abc import Iterator
from functools import cache

import pytest

from tests import harness
from tests.harness import Message, Outcome, checks
from tests.harness.hang import last_printed
from tests.harness.trouble import not_judged
from tests.scenarios import wrong_arguments

_VALID = "2"  # the argument beside the one that is wrong
_NO_TERMS = "0"  # valid for n, too


def _is_of(kind: str, message: Message) -> bool:
    """Tell whether the arguments of a call are wrong by their value, or by their type."""
    numbers = all(message[name].removeprefix("-").isdigit() for name in ("n", "workers"))
    return numbers == (kind == "ValueError")


def _shown(message: Message) -> str:
    return f"run({message['n']}, {message['workers']})"


def _hung(outcome: Outcome) -> Message | None:
    """Return the call that did not return, if it has begun; the trial had no later one."""
    called, ended = outcome.of("called"), outcome.of("outcome")
    return called[-1] if outcome.verdict == "HANG" and len(called) > len(ended) else None


def _faults(outcome: Outcome, call: Message, kind: str) -> Iterator[str]:
    """Yield what is wrong with a call that has returned or raised."""
    for made in outcome.of("made"):
        if (made["n"], made["workers"]) == (call["n"], call["workers"]):
            if made["births"]:
                yield "it was not refused before a process was started"
            if made["new"]:
                yield f"it was not refused before this was made: {made['new']}"
    if "error" not in call:
        yield f"it returned {call['value']!r}: a {kind} is due"
        return
    if kind not in call["mro"]:
        yield f"it raised {call['error']}: {call['text']}: a {kind} is due"
        return
    given = [call["n"]] if call["n"] not in (_VALID, _NO_TERMS) else []
    given += [call["workers"]] if call["workers"] != _VALID else []
    if not any(value in call["text"] for value in given):
        yield f"the message must contain the value: {' or '.join(given)}; it is {call['text']!r}"


@cache
def _of_wrong_arguments(transport: str) -> Outcome:
    return harness.run_trial(transport, harness.call(wrong_arguments.tried))


def _refused(transport: str, kind: str) -> None:
    """Fail unless each call with wrong arguments of this kind was refused, at once."""
    outcome = _of_wrong_arguments(transport)
    hung = _hung(outcome)
    if hung is None:
        checks.finished(outcome)
    calls = [call for call in outcome.of("outcome") if _is_of(kind, call)]
    found = [(_shown(call), list(_faults(outcome, call, kind))) for call in calls]
    wrong = [f"{shown}: {', and '.join(faults)}" for shown, faults in found if faults]
    if hung is not None and _is_of(kind, hung):
        started = any(born["at"] >= hung["at"] for born in outcome.of("born"))
        early = "was not refused before a process was started, and " if started else ""
        printed = last_printed(outcome.output)
        after = f"; the last line that was printed: {printed}" if printed else ""
        wrong.append(f"{_shown(hung)}: it {early}did not return{after}")
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)
    if hung is not None and not calls:
        other = {"ValueError": "H2", "TypeError": "H1"}[kind]
        not_judged(f"see {other}: {_shown(hung)} did not return")
    assert calls


@pytest.mark.clause("H1")
def test_numbers_out_of_range_are_a_value_error(transport: str) -> None:
    """H1: n < 0 or workers < 1, also for no terms; the message has the value."""
    _refused(transport, "ValueError")


@pytest.mark.clause("H2")
def test_what_is_no_int_is_a_type_error(transport: str) -> None:
    """H2: bool, float, str, None, tuples and others; also for no terms; it has the value."""
    _refused(transport, "TypeError")
