"""The orders to try of a run, found from what it does in its two base orders."""

from collections.abc import Callable, Iterator, Sequence

from tests.gate.bytecodes import BYTECODE
from tests.gate.keeper import LIMIT, Record, Step, once
from tests.gate.policies import Order, policy_of
from tests.gate.seccomp import Refused
from tests.gate.tasks import Place

Act = Callable[[], bytes]
Bases = dict[bool, Record]
"""A run in each of two base orders, whether the youngest goes on or the eldest, with its things."""


def follow(act: Act, order: Order, *, named: bool = False, own: bool = False) -> Record:
    """Call *act* behind the gate, in that order; named, own: see `once`."""
    return once(act, policy_of(order), named=named, own=own)


def base(act: Act, *, youngest: bool = False, named: bool = False, own: bool = False) -> Record:
    """Call *act* in a base order; named, own: see `once`.

    Raises Refused if it did not come to an end, and nothing proves that it never would.  So it is
    where processes poll or compute all the while: they are not seen to wait for each other.
    """
    record = follow(act, Order(youngest), named=named, own=own)
    if record.status is None and not record.told and not record.proven:
        raise Refused(f"a run did not end behind it in {LIMIT:g} s or more: processes poll")
    return record


def bases(act: Act, *, own: bool = False) -> Bases:
    """Call *act* in each of the two base orders; own: see `once`.  Raises Refused as `base`."""
    return {
        youngest: base(act, youngest=youngest, named=True, own=own) for youngest in (False, True)
    }


def stalls(runs: Bases) -> Iterator[Order]:
    """Yield an order for each call that conflicts with a later one of another thread.

    That call is held until no other thread can go on.  To hold a call without a conflict would give
    the same order as to hold the next call of its thread.
    """
    for youngest, run in runs.items():
        for at, step in enumerate(run.steps):
            if any(map(step.conflicts, run.steps[at + 1 :])):
                yield Order(youngest, held=step.place)


def pairs(runs: Bases) -> Iterator[Order]:
    """Yield an order for each two calls that conflict, in which the later one comes first.

    (Laadan and others, SOSP 2011.)  It cannot, where it needs the earlier one.
    """
    seen = set[tuple[Place, Place]]()
    for youngest, run in runs.items():
        for at, step in enumerate(run.steps):
            for later in run.steps[at + 1 :]:
                two = step.place, later.place
                if step.conflicts(later) and two not in seen:
                    seen.add(two)
                    yield Order(youngest, held=two[0], until=two[1])


def bytecodes(runs: Bases) -> Iterator[Order]:
    """Yield an order for each bytecode of a child that may be on shared memory.

    It is held until no other thread can go on.
    """
    for youngest, run in runs.items():
        for step in run.steps:
            if step.call == BYTECODE:
                yield Order(youngest, held=step.place, bytecodes=True)


def priorities(run: Record, seed: int, count: int) -> Iterator[Order]:
    """Yield *count* orders by priorities: see `tests.gate.policies.Priorities`."""
    for number in range(seed, seed + count):
        yield Order(seed=number, steps=len(run.steps))


def came_first(steps: Sequence[Step], one: Place, two: Place) -> bool:
    """Tell whether in a run the call *one* went on before *two*."""
    places = [step.place for step in steps if step.place in (one, two)]
    return places[:1] == [one]
