"""A scenario that measures how long neither a short run nor its workers compute."""

import os
import resource
import time
from types import ModuleType

from tests.scenarios.protocol import Log


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


def short(module: ModuleType, log: Log, workers: int, times: int) -> None:
    """Run *times* times, with processes that do nothing before each; log how long it was idle."""
    module.run(workers, workers)
    for _ in range(times):
        floor = _floor(workers)
        cpu, start = _cpu(), time.monotonic()
        log.call(module.run, workers, workers)
        seconds = time.monotonic() - start
        log("short", idle=seconds - (_cpu() - cpu), floor=floor)
