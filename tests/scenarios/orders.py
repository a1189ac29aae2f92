"""Runs behind the gate, each in an order of its own: see tests.gate."""

import contextlib
import importlib
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import ModuleType
from typing import Any

from tests.gate import story, strikes, sweeps
from tests.gate.bytecodes import trace_children
from tests.gate.calls import SETTINGS
from tests.gate.keeper import Record, Step, watched
from tests.gate.policies import Order
from tests.gate.seccomp import Refused
from tests.gate.tasks import Place
from tests.scenarios.callers import ended_in, leave
from tests.scenarios.injection import Births
from tests.scenarios.protocol import Log, attempt

_WARMS_IN = 5.0  # seconds; a run takes some milliseconds, where it does not hang
_PIPE = 1 << 16  # bytes that it holds

_LINES = 12  # of a story, in a message
LEAST = 20  # orders
_ENOUGH = 5  # wrong orders, after which a sweep ends: a hang may take seconds
_DIGITS = 12  # of results that count as the same; the harness checks one of them


def alike(outcome: dict[str, Any]) -> object:
    """Return what is the same for outcomes that say the same."""
    value = outcome.get("value")
    return round(value, _DIGITS) if isinstance(value, float) else without_numbers(outcome)


def without_numbers(what: object) -> str:
    """Return something as text, without pids and names drawn at random."""
    return re.sub(r"[0-9a-f]{6,}|\d+", "#", repr(what))


def outcome_of(n: int, workers: int, ended: dict[str, Any] | None) -> dict[str, Any]:
    """Return the fields of the outcome of a run by how it *ended*; none if it did not come back."""
    if ended is None:
        return {}
    del ended["seconds"]
    return {"n": repr(n), "workers": repr(workers)} | ended


class Seen:
    """What orders have led to, each once.

    outcome: returns the fields of an outcome from what a run has told, or from None.
    wrong: orders that led to something else than the first one did.
    """

    def __init__(self, outcome: Callable[[Any], dict[str, Any]]) -> None:
        self._outcome = outcome
        self._times: dict[str, int] = {}
        self.first: dict[str, tuple[Order, dict[str, Any]]] = {}
        self.wrong = 0

    def note(self, order: Order, record: Record) -> None:
        """Count what a run was."""
        outcome = self._outcome(json.loads(record.told or b"null"))
        what = {
            "status": record.status,
            "stuck": story.stuck(record),
            "proven": record.proven,
        }
        key = repr((alike(outcome), what))
        self.first.setdefault(key, (order, what | {"outcome": outcome}))
        self._times[key] = self._times.get(key, 0) + 1
        self.wrong += key != next(iter(self.first))

    def tell(self, log: Log, act: Callable[[], bytes], *, own: bool = False) -> None:
        """Log each, and the story of all but the first."""
        usual = next(iter(self.first))
        for key, (order, what) in self.first.items():
            log("order", order=str(order), times=self._times[key], **what)
            if key != usual:
                record = sweeps.follow(act, order, named=True, own=own)
                log_story(log, order, record, order.struck or order.held)


def log_story(log: Log, order: Order, record: Record, place: Place | None) -> None:
    """Log the story of a run, in pieces that fit into a message; place: see `story.tell`."""
    lines = story.tell(record, place)
    for at in range(0, len(lines), _LINES):
        log("story", order=str(order), lines=lines[at : at + _LINES])


def import_what_it_imports(module: ModuleType, log: Log, n: int, workers: int) -> bool:
    """Import here what a run imports, so that those behind the gate need not do it.

    The run is made in a child: one that races may hang.  Tell whether its workers are forked from
    the caller; True too for a run that has not come back.
    """
    births = Births(log)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            before = set(sys.modules)
            births.disarm()
            attempt(module.run, n, workers)
            said = [str(births.forked), *(set(sys.modules) - before)]
            os.write(writer, "\n".join(said).encode()[:_PIPE])
        finally:
            leave()
    os.close(writer)
    ended_in(child, _WARMS_IN)
    os.set_blocking(reader, False)  # workers that are left may have the other end
    forked = ""
    with contextlib.suppress(BlockingIOError, ValueError):
        forked, *names = os.read(reader, _PIPE).decode().split()
        for name in names:
            with contextlib.suppress(Exception):
                importlib.import_module(name)
    os.close(reader)
    return forked != "0"


def _settings(steps: Sequence[Step]) -> list[str]:
    """Return the calls by which the caller itself has changed a setting of its own."""
    return sorted({s.call for s in steps if s.process == strikes.CALLER and s.call in SETTINGS})


def _attempted(module: ModuleType, n: int, workers: int, *, bytecodes: bool) -> bytes:
    if bytecodes:
        assert module.__file__, "the lines of a module without a file are not known"
        trace_children(os.path.dirname(module.__file__))
    with watched():
        return json.dumps(attempt(module.run, n, workers)).encode()


def _prepared(
    module: ModuleType, log: Log, n: int, workers: int, *, bytecodes: bool = False
) -> tuple[Callable[[], bytes], Seen]:
    """Return what runs behind the gate, and what is to keep its ends."""
    import_what_it_imports(module, log, n, workers)
    act = partial(_attempted, module, n, workers, bytecodes=bytecodes)
    return act, Seen(partial(outcome_of, n, workers))


@contextlib.contextmanager
def reason_told(log: Log) -> Iterator[None]:
    """Log why there is no gate, if the system refuses it in the block, which ends then."""
    try:
        yield
    except Refused as reason:
        log("ungated", reason=str(reason))


def swept(
    module: ModuleType,
    log: Log,
    n: int,
    workers: int,
    kinds: list[str],
    calls: int,
    bytecodes: bool = False,
) -> None:
    """Run in many orders, which are found from what the run does.

    kinds: names of functions of tests.gate.sweeps.
    calls: that the runs of each kind may make in all: of more orders, so many are tried, evenly,
        but LEAST.
    bytecodes: whether those of the children count as calls: see tests.gate.bytecodes.
    """
    act, seen = _prepared(module, log, n, workers, bytecodes=bytecodes)
    with reason_told(log):
        bases = sweeps.bases(act)
        each = max(record.notices for record in bases.values())
        for youngest, record in bases.items():
            seen.note(Order(youngest, bytecodes=bytecodes), record)
        log("changes", calls=_settings(bases[False].steps))
        for kind in kinds:
            orders = list(getattr(sweeps, kind)(bases))
            chosen = evenly(orders, max(LEAST, calls // each))
            log("orders", case=kind, all=len(orders), **tried(act, chosen, seen))
        seen.tell(log, act)


def drawn(module: ModuleType, log: Log, n: int, workers: int, seed: int, count: int) -> None:
    """Run in *count* orders by priorities that are drawn from seeds, from *seed* on."""
    act, seen = _prepared(module, log, n, workers)
    with reason_told(log):
        base = sweeps.base(act)
        seen.note(Order(), base)
        orders = list(sweeps.priorities(base, seed, count))
        log("orders", case=f"priorities from seed {seed} on", all=count, **tried(act, orders, seen))
        seen.tell(log, act)


def refused(module: ModuleType, log: Log, n: int, workers: int) -> None:
    """Let the system refuse the caller each call that it may refuse, one by name in each run."""
    act, seen = _prepared(module, log, n, workers)
    with reason_told(log):
        base = sweeps.base(act, named=True)
        seen.note(Order(), base)
        orders = list(strikes.refusals(base.steps, strikes.CALLER))
        for order in orders:
            seen.note(order, sweeps.follow(act, order))
        log("orders", case="refusals", all=len(orders), orders=len(orders), both=0)
        seen.tell(log, act)


def followed(module: ModuleType, log: Log, n: int, workers: int, order: str) -> None:
    """Run in one order, and tell its story."""
    asked = Order.parse(order)
    act, seen = _prepared(module, log, n, workers, bytecodes=asked.bytecodes)
    with reason_told(log):
        for each in (Order(bytecodes=asked.bytecodes), asked):
            seen.note(each, sweeps.follow(act, each))
        log("orders", case=order, all=1, orders=1, both=0)
        seen.tell(log, act)


def evenly(orders: Sequence[Order], most: int) -> list[Order]:
    """Return *most* of the orders, or all, evenly spread."""
    count = min(most, len(orders))
    return [orders[len(orders) * number // count] for number in range(count)]


def tried(
    act: Callable[[], bytes], orders: Sequence[Order], seen: Seen, *, own: bool = False
) -> dict[str, int]:
    """Run in these orders, until enough of them are wrong; return how many were tried.

    own: see `tests.gate.keeper.once`.
    """
    count = both = 0
    for order in orders:
        record = sweeps.follow(act, order, own=own)
        seen.note(order, record)
        count += 1
        if order.until and order.held:
            both += sweeps.came_first(record.steps, order.until, order.held)
        if seen.wrong >= _ENOUGH:
            break
    return {"orders": count, "both": both}
