"""What happened in an order, as text in two columns: calls of one process, and of the others."""

from tests.gate.keeper import Record, Step
from tests.gate.tasks import Place

_WIDTH = 37  # characters of a column
_MOST = 36  # lines: the last of a long run
_PLAIN = {"set_robust_list": "begins", "clone": "forks", "exit_group": "exits"}


def tell(record: Record, place: Place | None) -> list[str]:
    """Return the lines: on the left the process that was held or struck at *place*.

    Without a place, the caller is on the left.  Calls that concern no other process are left out,
    but those to which something was done.
    """
    left = place.task if place else "0"
    lines = [f"{who(left):<{_WIDTH}} the others"]
    for step in record.steps:
        if not step.how and not any(step.conflicts(other) for other in record.steps):
            continue
        text = _shown(step)
        if step.task == left:
            if place in (step.place, step.named_place) and not step.how:
                text = f"(held) {text}"
            lines.append(f"{text[:_WIDTH]:<{_WIDTH}}".rstrip())
        else:
            others = f"{who(step.task)}: {text}"[:_WIDTH]
            lines.append(f"{'':<{_WIDTH}} {others}")
    lines += stuck(record)
    return lines if len(lines) <= _MOST else [lines[0], "…", *lines[2 - _MOST :]]


def who(task: str) -> str:
    """Return what a thread is, in words."""
    process, _, thread = task.partition(".")
    name = f"child {process}" if process != "0" else "the caller"
    return f"{name}, thread {thread}" if thread else name


def _shown(step: Step) -> str:
    about = step.thing.shown if step.thing else ""
    call = _PLAIN.get(step.call, step.call)
    return f"{call} {about}".rstrip() + (f" -> {step.how}" if step.how else "")


def stuck(record: Record) -> list[str]:
    """Return a line for each thread that could not go on: what it waits in."""
    return [
        f"{who(task)} waits in {call or 'no call'} {about}".rstrip()
        for task, call, about in record.stuck
    ]
