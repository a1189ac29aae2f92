"""What a trial of `tests.scenarios.terminal` has shown: a signal to a caller and its workers."""

import signal
from collections.abc import Iterator

from tests.harness.outcome import Message, Outcome, state

_LIVES = ("SIGTSTP", "SIGWINCH")  # after these a run goes on
_SHOWN = 400  # characters of what was printed


def faults(outcome: Outcome) -> list[str]:
    """Return a line for each signal that had another effect than its usual one."""
    failed = {message["case"]: message["error"] for message in outcome.of("failed")}
    lines = []
    for struck in outcome.of("struck"):
        case = struck["case"]
        calls = [call for call in outcome.calls() if call.get("case") == case]
        found = [failed[case]] if case in failed else []
        found += _faults(struck, calls[0] if calls else None, outcome)
        if found:
            lines.append(f"{case}: {', and '.join(found)}")
    return lines


def inexact(outcome: Outcome) -> list[Message]:
    """Return the calls that went on, and did not return the exact result."""
    lives = {struck["case"] for struck in outcome.of("struck") if struck["signal"] in _LIVES}
    calls = [call for call in outcome.calls() if call.get("case") in lives]
    return [call for call in calls if state(call) != "exact"]


def _faults(struck: Message, call: Message | None, outcome: Outcome) -> Iterator[str]:
    name, status = struck["signal"], struck["status"]
    due = -int(signal.Signals[name])
    # A key that was typed becomes a signal somewhat later: at a random moment the run may be over.
    over = not struck["amid"] and call is not None and state(call) == "exact"
    if status is None:
        yield "the caller did not end"
    elif name in _LIVES:
        yield from _of_run_that_goes_on(struck, call)
    elif name == "SIGINT":
        if not over:
            yield from _of_interrupt(call, outcome)
    elif status != due and not over:
        yield f"the caller ended with {status}: {due} was due" + (
            f"; {_shown(call)}" if call else ""
        )
    if struck["text"]:
        text = struck["text"]
        yield f"{len(text)} characters were printed: {text[:_SHOWN]!r}"
    if struck["left"]:
        yield f"{len(struck['left'])} processes lived on"


def _of_interrupt(call: Message | None, outcome: Outcome) -> Iterator[str]:
    """Yield what is wrong after SIGINT; without a call it came just before the run or after it."""
    if call is None:
        return
    if call.get("error") != "KeyboardInterrupt":
        yield f"no KeyboardInterrupt: {_shown(call)}"
    elif any(seen["pid"] == call["pid"] for seen in outcome.of("interrupted")):
        yield "a second KeyboardInterrupt came after the first one"


def _of_run_that_goes_on(struck: Message, call: Message | None) -> Iterator[str]:
    """Yield what is wrong after SIGWINCH, or after SIGTSTP and then SIGCONT."""
    if struck["status"] or call is None:
        yield f"the caller ended with {struck['status']}: it was to go on"
    elif state(call) != "exact":
        yield f"{_shown(call)}: it was to go on, and be exact"
    elif struck["signal"] == "SIGTSTP" and struck["amid"] and not struck["stopped"]:
        yield "the caller was not stopped"


def _shown(call: Message) -> str:
    if "error" in call:
        return f"run raised {call['error']}: {call['text']}"
    return "run returned the exact result" if state(call) == "exact" else f"run {state(call)}"
