"""A scenario in which workers raise exceptions of many shapes, one in each run."""

import ctypes
import gc
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from types import ModuleType

from tests.scenarios import basics, spawned_workers
from tests.scenarios.injection import Births, after_cpu, tickets
from tests.scenarios.protocol import Log, inject
from tests.scenarios.shapes import EVERY
from tests.system import resources

_AMID = 0.001  # seconds of CPU: at the next tick of the system a worker that is forked computes
_PAIRS = 8  # each such run has two workers; the others have one, which is cheaper
_FEW = 5  # shapes, where a worker is a fresh interpreter, which takes _FRESH to come there
_FRESH = 0.5  # seconds of CPU: it uses some 0.1 before it comes to its work
_UNMET = 2  # runs, one after the other, in which no worker was met
_RESTS = 600.0  # seconds: something ends the worker before

PLAIN, SHORTENED = "ValueError, lines", "ValueError, a text"  # shapes, in `shortened`


def shortened(module: ModuleType, log: Log, cases: Sequence[tuple[int, int]], n: int) -> None:
    """Run each (n, workers) while a library in LD_PRELOAD shortens each read and write.

    Before and after that a worker raises, in a run of *n* terms; nowhere if *n* is 0.
    """
    if n:
        raised(module, log, n, [PLAIN])
    ctypes.CDLL(None).short_io_begin()
    basics.calls(module, log, cases)
    if n and "error" not in log.call(module.run, 2, 2):
        raised(module, log, n, [SHORTENED])


def raised(module: ModuleType, log: Log, n: int, names: Sequence[str]) -> None:
    """Let the worker that computes first raise a shape: a run for each of *names*.

    If there is another, it rests when it has computed for as long, so that it takes no more CPU.

    n: terms that take longer than that.
    """
    births = Births(log)
    module.run(2, 2)
    before = resources.of_this_process()
    # A single child is a helper of the two workers. So are more, if interpreters are the workers.
    fresh = spawned_workers.count()
    forks = births.forked >= 2 and not fresh
    if not forks and not fresh:
        return  # its workers cannot be met
    unmet = 0
    step = 1 if forks else max(1, len(names) // _FEW)
    for number, name in enumerate(names[::step]):
        pair = forks and number % _PAIRS == 0
        with tickets(1) as take:
            births.arm_forked(partial(_raise_first, log, name, take))
            spawned_workers.arm(inject(_raise_fresh, name))
            written = _written()
            log.call(module.run, n, 2 if pair else 1, way=name)
            births.disarm()
            unmet = unmet + 1 if forks and take() else 0
            if unmet == _UNMET:  # each such run goes on to its end
                break
            if more := _written() - written:
                log("wrote", way=name, size=more)
    gc.collect()
    log("inside", new=resources.added_since(before))


def _raise_first(log: Log, name: str, take: Callable[[], bool], number: int) -> None:
    """Raise in this child when it computes, or let it rest if another one does so."""

    def act() -> None:
        if not take():
            time.sleep(_RESTS)
        _raise(log, name)

    after_cpu(_AMID, act)


def _raise_fresh(log: Log, number: int, name: str) -> None:
    """Raise in this fresh interpreter when it has come to its work."""
    after_cpu(_FRESH, partial(_raise, log, name))


def _raise(log: Log, name: str) -> None:
    log("injected", way=name)
    EVERY[name].throw()


def _written() -> int:
    """Return how many bytes were written to standard error: in a trial both streams are a file."""
    return os.fstat(2).st_size
