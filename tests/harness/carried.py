"""What a trial of `tests.scenarios.raised` has shown: how a run tells what its worker raised."""

from collections.abc import Iterator

from tests.harness import limits
from tests.harness.outcome import Message, Outcome, state
from tests.scenarios.shapes import EVERY

_SHOWN = 160  # characters of the text of an error


def faults(outcome: Outcome) -> list[str]:
    """Return a line for each shape of exception that a run has not told of as it should."""
    wrong: dict[str, list[str]] = {}
    way, raised = "", None
    for message in outcome.messages:
        kind = message["kind"]
        if kind == "called" and "way" in message:
            way, raised = message["way"], None
        elif kind == "injected":
            raised = message
        elif kind == "strayed":
            wrong.setdefault(way, []).append("the exception came out of run in the worker")
        elif kind == "outcome" and "way" in message and raised is not None:
            wrong.setdefault(way, []).extend(_faults(message, raised))
        elif kind == "wrote":
            wrong.setdefault(way, []).append(f"{message['size']} bytes were printed")
    return [f"{way}: {', and '.join(found)}" for way, found in wrong.items() if found]


def _faults(call: Message, raised: Message) -> Iterator[str]:
    """Yield what is wrong with a call in which a worker has raised."""
    shape = EVERY[call["way"]]
    if state(call) != "error":
        if not (shape.ends_loops and "error" not in call):
            yield f"{state(call)}: an error was due"
        return
    text = call["text"]
    shown = f"{call['error']}: {text[:_SHOWN]!a}"
    if str(raised["pid"]) not in text:
        yield f"the pid of the worker, {raised['pid']}, is not in {shown}"
    missing = [spellings[0] for spellings in shape.pieces if not any(s in text for s in spellings)]
    if missing and not shape.ends_loops:
        yield f"{' and '.join(map(ascii, missing))} is not in {shown}"
    late = call["at"] - raised["at"]
    if not limits.in_time(call, late):
        yield f"{late:.2f} s from the exception to {shown}"
