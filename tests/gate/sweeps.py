"""Many runs, each in an order of its own: what a sweep has shown."""

from collections.abc import Callable, Iterator, Sequence

from tests.gate.keeper import Step, once
from tests.gate.policies import Place, Stall


def stalls(act: Callable[[], bytes]) -> Iterator[Stall]:
    """Yield a policy for each call that is worth holding, in each of two base orders.

    A call is worth it that conflicts with a later one of another process.  Where there is none, it
    is all the same whether it is held or the next call of its thread.
    """
    for youngest in (False, True):
        yield Stall(None, youngest=youngest)
        steps = once(act, Stall(None, youngest=youngest), named=True).steps
        for step in _overtaken(steps):
            yield Stall(Place(step.task, step.count), youngest=youngest)


def _overtaken(steps: Sequence[Step]) -> list[Step]:
    """Return the calls that conflict with a later one of another process."""
    return [
        step
        for at, step in enumerate(steps)
        if any(later.process != step.process and _conflict(step, later) for later in steps[at:])
    ]


def _conflict(one: Step, two: Step) -> bool:
    return bool(one.thing and two.thing and one.thing.conflicts(two.thing))
