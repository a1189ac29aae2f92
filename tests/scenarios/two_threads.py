"""Two threads of one caller, each with runs of its own, behind the gate: see tests.gate."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import ModuleType
from typing import Any

from tests.gate import sweeps
from tests.gate.calls import OWN
from tests.gate.keeper import Step, watched
from tests.gate.policies import Order
from tests.gate.tasks import Place
from tests.scenarios.callers import allow_fork_in_threads
from tests.scenarios.orders import (
    LEAST,
    Seen,
    alike,
    evenly,
    import_what_it_imports,
    outcome_of,
    reason_told,
    tried,
)
from tests.scenarios.protocol import Log, attempt

_FIRST, _SECOND = "0.1", "0.2"  # the names of the threads that the first process starts
_STEP = 7  # terms: no two runs have the same result


def amid(module: ModuleType, log: Log, n: int, workers: int, calls: int, order: str | None) -> None:
    """Hold a thread at each system call of its run, until another thread is amid a run of its own.

    The other one first ends the run that it has begun, so that all parts of a run come meanwhile.

    calls: that may be made in all; of more system calls, so many are tried, evenly, but LEAST.
    order: the only one to try, or None.
    """
    allow_fork_in_threads()
    import_what_it_imports(module, log, n, workers)
    counts = [n, n + _STEP, n + 2 * _STEP]
    alone = [log.call(module.run, count, workers) for count in counts]
    seen = Seen(partial(_first_odd, counts, workers, alone))
    act = partial(_in_two_threads, module.run, counts, workers)
    with reason_told(log):
        base = sweeps.base(act, own=True)
        seen.note(Order(), base)
        orders = list(_orders(base.steps))
        if order:
            orders = chosen = [Order.parse(order)]
        else:
            chosen = evenly(orders, max(LEAST, calls // base.notices))
        log("orders", case="two threads", all=len(orders), **tried(act, chosen, seen, own=True))
        seen.tell(log, act, own=True)


def _orders(steps: Sequence[Step]) -> Iterator[Order]:
    """Yield an order for each call of the first thread.

    Those of calls.OWN are left out: while CPython makes them, no other thread runs, with few
    exceptions.

    steps: of a run in which no call was held.
    """
    amid = Place(_SECOND, sum(step.task == _SECOND for step in steps) // 2)
    for step in steps:
        if step.task == _FIRST and step.call not in OWN:
            yield Order(held=step.place, until=amid)


def _in_two_threads(run: Callable[..., float], counts: Sequence[int], workers: int) -> bytes:
    """Make one run in a thread and two in another one; return the outcomes of all."""
    outcomes: list[dict[str, Any]] = [{} for _ in counts]

    def make(numbers: Sequence[int]) -> None:
        for number in numbers:
            outcomes[number] = attempt(run, counts[number], workers)

    threads = [threading.Thread(target=make, args=(numbers,)) for numbers in ([0], [1, 2])]
    with watched():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return json.dumps(outcomes).encode()


def _first_odd(
    counts: Sequence[int],
    workers: int,
    alone: Sequence[dict[str, Any]],
    ended: Sequence[dict[str, Any]] | None,
) -> dict[str, Any]:
    """Return the outcome of the first run that was not what it is *alone*, or of the first run."""
    if ended is None:
        return {}
    pairs = zip(counts, ended, strict=True)
    runs = [outcome_of(count, workers, outcome) for count, outcome in pairs]
    odd = (run for run, usual in zip(runs, alone, strict=True) if _end(run) != _end(usual))
    return next(odd, runs[0])


def _end(outcome: dict[str, Any]) -> object:
    return alike({name: outcome.get(name) for name in ("value", "type", "error", "text")})
