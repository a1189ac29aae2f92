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
from typing import Any, NamedTuple

from tests.gate import story, strikes, sweeps
from tests.gate.keeper import Record, watched
from tests.gate.policies import Order
from tests.scenarios.callers import tidy
from tests.scenarios.fork_server import lost_by_python
from tests.scenarios.orders import (
    alike,
    evenly,
    import_what_it_imports,
    log_story,
    reason_told,
    without_numbers,
)
from tests.scenarios.protocol import Log, attempt
from tests.system import resources
from tests.system.pace import slowed

_LEAST = 40  # points of a kind that are tried, however long a run takes
_ENOUGH = 5  # wrong points, after which a sweep ends: a hang may take seconds
_MOST = 8  # entries of a list in a message
_QUICK = 0.5  # seconds: half of what clauses allow from a fault to the end of a run
_TERMS = 3_000_000  # of a run by which those are found that compute: some 0.2 s for each worker
_SHARE = 0.25  # of the CPU time of the one that computes most: who has used that much is a worker
_OF_A_STAGE = 4  # points that are tried of a stage of the lives of workers
_LONGEST = 2_000_000  # orders of which some are chosen


class _Seen:
    """What points have led to, each once.

    wrong: how many points led to what is surely wrong.
    """

    def __init__(self, n: int, workers: int) -> None:
        self._call = {"n": repr(n), "workers": repr(workers)}
        self._usual: object = None
        self._found: dict[str, dict[str, Any]] = {}
        self.reached = self.wrong = 0
        self.first_wrong: Order | None = None

    def usual(self, order: Order, run: Record, log: Log) -> None:
        """Keep, and log, what a run does that nothing befalls."""
        outcome = _outcome(run)
        self._usual = alike(outcome)
        log(
            "order",
            order=str(order),
            times=1,
            outcome=outcome and self._call | outcome,
            status=run.status,
            stuck=story.stuck(run)[:_MOST],
            proven=run.proven,
        )

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
        if returned or record.stuck or left or inside:
            self.wrong += 1
            self.first_wrong = self.first_wrong or order
        key = repr(same)
        known = self._found.get(key, {"times": 0, "late": 0.0})
        known["times"] += 1
        if known["times"] > 1 and late <= max(_QUICK, known["late"]):
            return
        self._found[key] = {  # the first of those that are alike, or the latest if that is late
            "order": str(order),
            "times": known["times"],
            "where": _where(order, record),
            "what": order.signal or order.fail,
            "of_caller": order.struck is not None and order.struck.process == strikes.CALLER,
            "victims": victims,
            "outcome": outcome and self._call | outcome,
            "status": record.status,
            "stuck": story.stuck(record)[:_MOST],
            "proven": record.proven,
            "late": late,
            "interrupted": told.get("interrupted", False),
            "left": list(left)[:_MOST],
            "inside": inside,
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
    told["new"] = resources.added_since(before)[:_MOST]
    tidy()
    return json.dumps(told, default=repr).encode()


def _workers(act: Callable[[], bytes]) -> list[str]:
    """Return the names of the processes that compute, behind the gate, when *act* is called.

    The others serve them.
    """
    used = sweeps.follow(act, Order(), named=True).cpu
    used.pop(strikes.CALLER, None)
    most = max(used.values(), default=0)
    return [process for process, ticks in used.items() if ticks >= _SHARE * most]


class _Sweep:
    """Runs of one module, with what has to be there before and after each.

    own: whether calls that no other process can notice wait too.
    calls: that may go on in all runs of a sweep: of more points, some are tried, evenly spread.
    """

    def __init__(
        self,
        module: ModuleType,
        log: Log,
        n: int,
        workers: int,
        *,
        own: bool,
        places: list[str],
        calls: int,
    ) -> None:
        warm = not import_what_it_imports(module, log, n, workers)
        gc.collect()
        gc.freeze()  # each run looks for what the collector finds, and all this is older
        self._log = log
        trials = [tempfile.gettempdir(), os.getcwd(), os.path.expanduser("~")]
        self._places = list(dict.fromkeys([*places, *map(os.path.realpath, trials)]))
        self._act = partial(_attempted, module, log, n, workers, warm=warm)
        self._follow = partial(sweeps.follow, self._act, own=own)
        self.runs = sweeps.bases(self._act, own=own)
        self.workers = partial(
            _workers, partial(_attempted, module, log, _TERMS, workers, warm=warm)
        )
        self.seen = _Seen(n, workers)
        self._most = max(_LEAST, calls // max(len(run.steps) for run in self.runs.values()))
        self._before = resources.of_the_system(*self._places)
        for youngest, run in self.runs.items():
            self.seen.usual(Order(youngest), run, log)

    def strike(self, kind: str, orders: Sequence[Order]) -> None:
        """Run in each of the orders, or in some of them; log how many, and what the runs were."""
        before, tried = self.seen.reached, 0
        for order in self._chosen(orders):
            record = self._follow(order)
            after = resources.of_the_system(*self._places)
            left = resources.added(self._before, after)
            self._before = after if left else self._before
            self.seen.note(order, record, left)
            tried += 1
            if self.seen.wrong >= _ENOUGH:
                break
        reached = self.seen.reached - before
        self._log("strikes", case=kind, all=len(orders), tried=tried, reached=reached)
        self.seen.tell(self._log)
        if (first := self.seen.first_wrong) is not None:
            log_story(self._log, first, self._follow(first, named=True), first.struck)

    def _chosen(self, orders: Sequence[Order]) -> Sequence[Order]:
        """Return the orders to try: of too many, some are first.

        These are those at whose point others can notice the process, or at which it was held.
        """
        if len(orders) <= self._most:
            return orders
        noticed = {
            (youngest, place)
            for youngest, run in self.runs.items()
            for step in run.steps[run.begun :]
            if any(map(step.conflicts, run.steps))
            for place in (step.place, step.named_place)
        }

        def is_first(order: Order) -> bool:
            if order.held:
                return order.held == order.struck
            return (order.youngest, order.struck) in noticed

        first = [order for order in orders if is_first(order)]
        chosen = evenly(first, self._most)
        others = [order for order in orders if not is_first(order)]
        return chosen + evenly(others, self._most - len(chosen))


class Kind(NamedTuple):
    """What can be done at each call of a process.

    orders: from a sweep, and whether the caller is struck or the others.
    own: whether calls that no other process can notice count.
    """

    orders: Callable[..., Iterator[Order]]
    own: bool


def _killed(sweep: _Sweep, *, caller: bool) -> Iterator[Order]:
    return strikes.signals(sweep.runs, ["SIGKILL"], caller=caller)


def _interrupted(sweep: _Sweep, *, caller: bool) -> Iterator[Order]:
    return strikes.signals(sweep.runs, ["SIGTERM", "SIGINT"], caller=caller)


def _refused(sweep: _Sweep, *, caller: bool) -> Iterator[Order]:
    return strikes.failures(sweep.runs, caller=caller)


def _two_killed(sweep: _Sweep, *, caller: bool) -> Iterator[Order]:
    """Do not kill the caller and who serves it at once: nobody may be left who could clean up."""
    workers = sweep.workers() if caller else []
    for order in strikes.kills_of_two(sweep.runs, caller=caller):
        assert order.struck
        if not caller or {order.struck.process, order.other} & set(workers):
            yield order


def _killed_in_stage(stage: str, sweep: _Sweep, *, caller: bool) -> Iterator[Order]:
    assert not caller
    orders = list(strikes.kills_in_stage(sweep.runs[False], stage, sweep.workers()))
    yield from evenly(orders, _OF_A_STAGE)


def _killed_while_others_wait(sweep: _Sweep, *, caller: bool) -> Iterator[Order]:
    assert not caller
    orders = list(strikes.kills_while_others_wait(sweep.runs[False], sweep.workers()))
    yield from evenly(orders, _OF_A_STAGE)


def _killed_in_stalls(sweep: _Sweep, *, caller: bool) -> Iterator[Order]:
    assert not caller
    return strikes.kills_in_stalls(sweep.runs)


KINDS = {
    "killed": Kind(_killed, own=True),
    "interrupted": Kind(_interrupted, own=True),
    "refused": Kind(_refused, own=True),
    # Only what other processes can notice: no memory for a thread's stack, which CPython's
    # Thread.start may wait for in vain.
    "shared refused": Kind(_refused, own=False),
    "two killed": Kind(_two_killed, own=False),
    "killed in stalls": Kind(_killed_in_stalls, own=False),
    "killed, while others wait": Kind(_killed_while_others_wait, own=False),
} | {
    f"killed, {stage}": Kind(partial(_killed_in_stage, stage), own=False)
    for stage in ("before", "inside", "after", "exit")
}


def struck(
    module: ModuleType,
    log: Log,
    n: int,
    workers: int,
    kind: str,
    caller: bool,
    places: list[str],
    calls: int,
    order: str | None = None,
) -> None:
    """Do what *kind* says, of KINDS, at each call of the caller, or of all other processes.

    places: directories in which nothing may be left, beside the trial's own.
    calls: see `_Sweep`.
    order: the only one to try, or None.
    """
    with reason_told(log):
        own = KINDS[kind].own
        sweep = _Sweep(module, log, n, workers, own=own, places=places, calls=calls)
        if order is not None:
            sweep.strike(kind, [Order.parse(order)])
            return
        orders = KINDS[kind].orders(sweep, caller=caller)
        sweep.strike(kind, list(itertools.islice(orders, _LONGEST)))
