"""The orders of a run that are worth a try, found from what it does in its two base orders."""

from collections.abc import Callable, Iterator, Sequence

from tests.gate.keeper import Record, Step, once
from tests.gate.policies import Follow, Order, Place

Act = Callable[[], bytes]
Base = dict[bool, list[Step]]
"""The steps of a run in each of two base orders: whether the youngest goes on, or the eldest."""


def follow(act: Act, order: Order) -> Record:
    """Call *act* behind the gate, in that order."""
    return once(act, Follow(order))


def base(act: Act) -> dict[bool, Record]:
    """Call *act* in each of the two base orders, and look what its calls are about."""
    return {youngest: once(act, Follow(Order(youngest)), named=True) for youngest in (False, True)}


def stalls(steps: Base) -> Iterator[Order]:
    """Yield an order for each call that is worth holding until nobody else can go on.

    A call is worth it that conflicts with a later one of another process.  Where there is none, it
    is all the same whether it is held or the next call of its thread.
    """
    for youngest, found in steps.items():
        for at, step in enumerate(found):
            if any(map(step.conflicts, found[at + 1 :])):
                yield Order(youngest, held=_place(step))


def pairs(steps: Base) -> Iterator[Order]:
    """Yield an order for each two calls that conflict, in which the later one comes first.

    (Laadan and others, SOSP 2011.)  It cannot, where it needs the earlier one.
    """
    seen = set[tuple[Place, Place]]()
    for youngest, found in steps.items():
        for at, step in enumerate(found):
            for later in found[at + 1 :]:
                two = _place(step), _place(later)
                if step.conflicts(later) and two not in seen:
                    seen.add(two)
                    yield Order(youngest, held=two[0], until=two[1])


def _place(step: Step) -> Place:
    return Place(step.task, step.number)


def came_first(steps: Sequence[Step], one: Place, two: Place) -> bool:
    """Tell whether in a run the call *one* went on before *two*."""
    places = [place for place in map(_place, steps) if place in (one, two)]
    return places[:1] == [one]
