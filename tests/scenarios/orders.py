"""Runs behind the gate, each in an order of its own: see tests.gate."""

import json
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

from tests.gate import story, sweeps
from tests.gate.keeper import Record, once
from tests.gate.policies import Follow, Order
from tests.gate.seccomp import Refused
from tests.scenarios.protocol import Log, attempt

_LINES = 12  # of a story, in a message


class _Seen:
    """What orders have led to, each once."""

    def __init__(self, log: Log, act: Callable[[], bytes]) -> None:
        self._log = log
        self._act = act
        self._first: dict[str, tuple[Order, dict[str, Any]]] = {}
        self._times: dict[str, int] = {}

    def note(self, order: Order, record: Record) -> None:
        """Count what a run was."""
        outcome = json.loads(record.told or b"{}")
        outcome.pop("seconds", None)
        what = {
            "outcome": outcome,
            "status": record.status,
            "stuck": story.stuck(record),
            "proven": record.proven,
        }
        key = repr(what)
        self._first.setdefault(key, (order, what))
        self._times[key] = self._times.get(key, 0) + 1

    def tell(self) -> None:
        """Log each, and the story of all but the most frequent."""
        usual = max(self._times, key=self._times.__getitem__, default="")
        for key, (order, what) in self._first.items():
            self._log("order", order=str(order), times=self._times[key], **what)
            if key != usual:
                record = once(self._act, Follow(order), named=True)
                lines = story.tell(record, order.struck or order.held)
                for at in range(0, len(lines), _LINES):
                    self._log("story", order=str(order), lines=lines[at : at + _LINES])


def swept(module: ModuleType, log: Log, n: int, workers: int, kinds: list[str]) -> None:
    """Run in many orders, which are found from what the run does.

    kinds: names of functions of tests.gate.sweeps.
    """

    def act() -> bytes:
        return json.dumps(attempt(module.run, n, workers)).encode()

    attempt(module.run, n, 1)  # what it imports late is imported now; one worker has no rival
    seen = _Seen(log, act)
    try:
        bases = sweeps.base(act)
    except Refused as reason:
        log("ungated", reason=str(reason))
        return
    for youngest, record in bases.items():
        seen.note(Order(youngest), record)
    steps = {youngest: record.steps for youngest, record in bases.items()}
    for kind in kinds:
        log("orders", case=kind, **_tried(act, getattr(sweeps, kind)(steps), seen))
    seen.tell()


def _tried(act: Callable[[], bytes], orders: Iterable[Order], seen: _Seen) -> dict[str, int]:
    count = both = 0
    for order in orders:
        record = sweeps.follow(act, order)
        seen.note(order, record)
        count += 1
        if order.until and order.held:
            both += sweeps.came_first(record.steps, order.until, order.held)
    return {"orders": count, "both": both}
