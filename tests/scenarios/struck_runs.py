"""Runs behind the gate, in each of which something befalls a process at one of its calls."""

import gc
import itertools
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import ModuleType
from typing import Any

from tests.gate import story, strikes, sweeps
from tests.gate.keeper import Record, watched
from tests.gate.policies import Order
from tests.gate.sweeps import Bases
from tests.scenarios.callers import tidy
from tests.scenarios.fork_server import lost_by_python
from tests.scenarios.orders import (
    alike,
    evenly,
    import_what_it_imports,
    reason_told,
    without_numbers,
)
from tests.scenarios.protocol import Log, attempt
from tests.system import resources
from tests.system.pace import slowed

_LEAST = 40  # points of a kind that are tried, however long a run takes
_ENOUGH = 5  # wrong points, after which a sweep ends: a hang may take seconds
_MOST = 8  # entries of a list in a message
_LINES = 12  # of a story, in a message
_QUICK = 0.5  # seconds: half of what clauses allow from a fault to the end of a run
_LONGEST = 2_000_000  # orders of which some are chosen


def _killed(runs: Bases, *, caller: bool) -> Iterator[Order]:
    return strikes.signals(runs, ["SIGKILL"], caller=caller)


def _interrupted(runs: Bases, *, caller: bool) -> Iterator[Order]:
    return strikes.signals(runs, ["SIGTERM", "SIGINT"], caller=caller)


KINDS: dict[str, Callable[..., Iterator[Order]]] = {
    "killed": _killed,
    "interrupted": _interrupted,
    "refused": strikes.failures,
    "two killed": strikes.kills_of_two,
}
"""What can be done at each call, from what a run does in its base orders."""


class _Seen:
    """What points have led to, each once.

    usual: what a run does that nothing befalls.
    wrong: how many points led to what is surely wrong.
    """

    def __init__(self, n: int, workers: int, usual: Record) -> None:
        self._call = {"n": repr(n), "workers": repr(workers)}
        self._usual = alike(_outcome(usual))
        self._found: dict[str, dict[str, Any]] = {}
        self.reached = self.wrong = 0

    def note(self, order: Order, record: Record, left: Sequence[resources.Resource]) -> None:
        """Keep what a run was, if it came to the point."""
        if len(record.strikes) < (2 if order.other else 1):
            return
        self.reached += 1
        told = json.loads(record.told or b"{}")
        outcome = _outcome(record)
        inside = told.get("new", [])
        late = told["at"] - record.strikes[0].at if outcome else 0.0
        victims = [strike.pid for strike in record.strikes]
        same = {
            "what": _what(order),
            "outcome": alike(outcome),
            "named": any(str(pid) in outcome.get("text", "") for pid in victims),
            "late": late > _QUICK,
            "status": record.status,
            "stuck": [(what.task, what.call) for what in record.stuck],
            "interrupted": told.get("interrupted", False),
            "left": without_numbers([entry.kind for entry in left]),
            "inside": without_numbers(inside),
        }
        returned = "value" in outcome and same["outcome"] != self._usual
        self.wrong += bool(returned or record.stuck or left or inside)
        key = repr(same)
        if key in self._found:
            self._found[key]["times"] += 1
            return
        self._found[key] = {
            "order": str(order),
            "times": 1,
            "where": _where(order, record),
            "victims": victims,
            "outcome": outcome and self._call | outcome,
            "status": record.status,
            "stuck": story.stuck(record)[:_MOST],
            "proven": record.proven,
            "late": late,
            "interrupted": told.get("interrupted", False),
            "left": list(left)[:_MOST],
            "inside": inside[:_MOST],
        }

    def tell(self, log: Log) -> None:
        """Log each."""
        for found in self._found.values():
            log("strike", **found)


def _outcome(record: Record) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(record.told or b"{}").get("outcome", {})
    return {name: value for name, value in found.items() if name != "seconds"}


def _what(order: Order) -> tuple[Any, ...]:
    """Return what is done, and whether to the caller: its runs have to end in other ways."""
    process = order.struck.process if order.struck else ""
    how = order.signal, order.fail, order.times
    return *how, strikes.CALLER in (process, order.other), bool(order.other)


def _where(order: Order, record: Record) -> str:
    """Return the point in words: whose call it is, the how-many-th of its name, what was done."""
    struck = next(step for step in record.steps if step.how)
    times = {1: "", 3: " thrice", 0: " from then on"}[order.times]
    other = f", and {story.who(order.other)}" if order.other else ""
    return f"{story.who(struck.task)}, {struck.call} #{struck.turn + 1}: {struck.how}{times}{other}"


def _attempted(module: ModuleType, log: Log, n: int, workers: int, *, warm: bool) -> bytes:
    """Run once, as the first process behind the gate; tell of it, and of what the caller then has.

    warm: whether to run before, which starts a server of workers.
    """
    caller = os.getpid()
    told: dict[str, Any] = {}
    sys.unraisablehook = lost_by_python(lambda kind: told.update({kind: True}))
    if warm:
        module.run(n, workers)
    before = resources.of_this_process()
    try:
        with watched():
            told["outcome"] = attempt(module.run, n, workers)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    except KeyboardInterrupt:
        told["interrupted"] = True
    told["at"] = time.monotonic()
    if os.getpid() != caller:
        log("strayed")
        os._exit(1)
    outcome = told.get("outcome", {})
    if outcome.get("seconds", 0.0) > _QUICK:
        outcome["slowed"] = round(slowed(), 2)
    gc.collect()
    told["new"] = resources.added_since(before)
    tidy()
    return json.dumps(told, default=repr).encode()


class _Sweep:
    """Runs of one module, with what has to be there before and after each.

    calls: that all runs of a sweep may make: of more points, some are tried, evenly spread.
    """

    def __init__(
        self, module: ModuleType, log: Log, n: int, workers: int, places: list[str], calls: int
    ) -> None:
        warm = not import_what_it_imports(module, log, n, workers)
        gc.collect()
        gc.freeze()  # each run looks for what the collector finds, and all this is older
        self.log = log
        own = [tempfile.gettempdir(), os.getcwd(), os.path.expanduser("~")]
        self._places = list(dict.fromkeys([*places, *map(os.path.realpath, own)]))
        self._act = partial(_attempted, module, log, n, workers, warm=warm)
        self.runs = sweeps.bases(self._act, own=True)
        self.seen = _Seen(n, workers, self.runs[False])
        self._most = max(_LEAST, calls // max(run.notices for run in self.runs.values()))
        self._before = resources.of_the_system(*self._places)

    def strike(self, kind: str, orders: Sequence[Order]) -> None:
        """Run in each of the orders, or in some of them, and log how many there were."""
        before, tried = self.seen.reached, 0
        for order in self._chosen(orders):
            record = sweeps.follow(self._act, order, own=True)
            after = resources.of_the_system(*self._places)
            left = resources.added(self._before, after)
            self._before = after if left else self._before
            self.seen.note(order, record, left)
            tried += 1
            if self.seen.wrong >= _ENOUGH:
                break
        reached = self.seen.reached - before
        self.log("strikes", case=kind, all=len(orders), tried=tried, reached=reached)

    def _chosen(self, orders: Sequence[Order]) -> Sequence[Order]:
        """Return the orders to try: of too many, those first whose point others can notice."""
        if len(orders) <= self._most:
            return orders
        noticed = {
            (youngest, place)
            for youngest, run in self.runs.items()
            for step in run.steps[run.begun :]
            if any(map(step.conflicts, run.steps))
            for place in (step.place, step.named_place)
        }
        first = [order for order in orders if (order.youngest, order.struck) in noticed]
        others = [order for order in orders if (order.youngest, order.struck) not in noticed]
        chosen = evenly(first, self._most)
        return chosen + evenly(others, self._most - len(chosen))

    def tell(self) -> None:
        """Log what the runs were."""
        self.seen.tell(self.log)


def struck(
    module: ModuleType,
    log: Log,
    n: int,
    workers: int,
    kind: str,
    caller: bool,
    places: list[str],
    calls: int,
) -> None:
    """Do what *kind* says, of KINDS, at each call of the caller, or of all other processes.

    places: directories in which nothing may be left, beside the trial's own.
    calls: see `_Sweep`.
    """
    with reason_told(log):
        sweep = _Sweep(module, log, n, workers, places, calls)
        sweep.strike(kind, list(itertools.islice(KINDS[kind](sweep.runs, caller=caller), _LONGEST)))
        sweep.tell()
