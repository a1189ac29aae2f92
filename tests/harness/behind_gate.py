"""What verdicts on runs behind the gate have in common: see tests.gate."""

from collections.abc import Sequence

import pytest

from tests.harness.outcome import Message, Outcome, state


def ungated(outcome: Outcome) -> str:
    """Return why there is no gate here, or ""."""
    return next((message["reason"] for message in outcome.of("ungated")), "")


def needs_gate(outcome: Outcome) -> None:
    """Skip where there is no gate."""
    if reason := ungated(outcome):
        pytest.skip(f"not by the gate for system calls: {reason}")


def shown(call: Message) -> str:
    """Return what a run did in words; an error has its text."""
    found = state(call)
    return f"{call['error']}: {call['text']}" if found == "error" else found


def waiting(message: Message) -> str:
    """Return who could not go on, and whether for ever."""
    why = "for ever" if message["proven"] else "for longer than the limit"
    return f"they wait {why}: " + "; ".join(message["stuck"])


def again(outcome: Outcome, orders: Sequence[str]) -> list[str]:
    """Return the story of the first of *orders* that has one, and how to come there again."""
    told = {message["order"] for message in outcome.of("story")}
    order = next((order for order in orders if order in told), orders[0])
    story = [line for m in outcome.of("story") if m["order"] == order for line in m["lines"]]
    head = [f"What happened in {order!r}:"] * bool(story)
    return [*head, *story, f"This order again: --order={order!r}"]
