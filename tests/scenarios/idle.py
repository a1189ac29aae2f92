"""A scenario that measures for how long all processes of a short run sleep."""

import os
import resource
import time
from types import ModuleType

from tests.scenarios.protocol import Log
from tests.scenarios.watching import Watcher, watcher


def _cpu() -> float:
    kinds = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(kind.ru_utime + kind.ru_stime for kind in kinds)


def _floor(workers: int) -> float:
    """Return the seconds that as many processes take which do nothing."""
    start = time.monotonic()
    pids = []
    for _ in range(workers):
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        pids.append(pid)
    for pid in pids:
        os.waitpid(pid, 0)
    return time.monotonic() - start


def _busy(cpu: float) -> float:
    """Use *cpu* seconds of a processor; return the seconds that this takes."""
    start, used = time.monotonic(), time.process_time()
    while time.process_time() - used < cpu:
        pass
    return time.monotonic() - start


def _idle(module: ModuleType, log: Log, workers: int, watching: Watcher | None) -> float:
    """Return the seconds of a run in which all of its processes sleep.

    Where nothing watches them, it is the time of the run less that of one process which uses as
    much CPU right after it.  Other programs that use the processors delay both.
    """
    if watching is not None:
        watching.sleep()
        log.call(module.run, workers, workers)
        return watching.report().slept
    cpu, start = _cpu(), time.monotonic()
    log.call(module.run, workers, workers)
    seconds = time.monotonic() - start
    return seconds - _busy(_cpu() - cpu)


def short(module: ModuleType, log: Log, workers: int, times: int) -> None:
    """Run *times* times; log how long each was idle, and what bare processes take beside it."""
    module.run(workers, workers)
    with watcher(log) as watching:
        for _ in range(times):
            floor = _floor(workers)
            idle = _idle(module, log, workers, watching)
            log("short", idle=idle, seen=watching is not None, floor=floor)
