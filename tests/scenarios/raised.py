"""A scenario in which workers raise exceptions of many shapes, one in each run."""

import gc
import os
import time
from collections.abc import Sequence
from types import ModuleType

from tests.scenarios import spawned_workers
from tests.scenarios.injection import CPU_FRESH, Births, after_cpu, take_ticket, tickets
from tests.scenarios.protocol import Log, inject
from tests.scenarios.shapes import EVERY
from tests.system import resources

_AMID = 0.001  # seconds of CPU: at the next tick of the system a worker that is forked computes
_PAIRS = 8  # each such run has two workers; the others have one, which is cheaper
_FEW = 5  # shapes, where a worker is a fresh interpreter, which takes CPU_FRESH to come there
_RESTS = 600.0  # seconds: something ends the worker before


def raised(module: ModuleType, log: Log, n: int, names: Sequence[str]) -> None:
    """Let the worker that computes first raise a shape: a run for each of *names*.

    If there is another, it rests when it has computed for as long, so that it takes no more CPU.

    n: terms that take longer than that.
    """
    births = Births(log)
    module.run(2, 2)
    before = resources.of_this_process()
    step = 1 if births.forked else max(1, len(names) // _FEW)
    for number, name in enumerate(names[::step]):
        with tickets(1) as fd:
            births.arm(
                inject(_raise, fd, name, _AMID),
                fresh=inject(_raise, spawned_workers.path_of(fd), name, CPU_FRESH),
            )
            written = _written()
            log.call(module.run, n, 1 if number % _PAIRS else 2, way=name)
            births.disarm()
            if more := _written() - written:
                log("wrote", way=name, size=more)
    gc.collect()
    log("inside", new=resources.added_since(before))


def _raise(log: Log, number: int, place: int | str, name: str, cpu: float) -> None:
    """Raise in this child, or let it rest, when it has computed for *cpu* seconds."""

    def act() -> None:
        if not take_ticket(place):
            time.sleep(_RESTS)
        log("injected", way=name)
        EVERY[name].throw()

    after_cpu(cpu, act)


def _written() -> int:
    """Return how many bytes were written to standard error: in a trial both streams are a file."""
    return os.fstat(2).st_size
