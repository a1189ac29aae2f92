"""Scenarios in which a fault comes while workers are still being forked.

On a machine that is busy a fork takes long: those workers that there are compute, and the caller
gets its share of a processor only now and then.  Here each fork is made to take at least 30 ms, by
a sleep before it, so that some tens of workers, which do not compute, are as slow to start as
hundreds are there.  The forks after the fault are counted: no clock tells how loaded this
machine is, but that many forks have taken at least so long.
"""

import gc
import mmap
import os
import signal
import struct
import time
from collections.abc import Callable
from functools import partial
from types import ModuleType

from tests.scenarios.callers import in_caller
from tests.scenarios.injection import AtForks, Births, die, lift_limits
from tests.scenarios.protocol import Log, Run
from tests.scenarios.signatures import takes_timeout
from tests.system import resources
from tests.system.deadline import Deadline

EACH = 0.03  # seconds that a fork takes at least
BEFORE = 5  # forks before the fault

_TERMS = 1000
_LIMIT = 15.0  # seconds: each case takes two at most
_DEAD_IN = 5.0  # seconds in which a process that has killed itself is dead, also under load
_PID = struct.Struct("=Q")

_FOR_LONG = 10**13  # terms, for workers that compute until they are ended
_AFTER = 0.3  # seconds from the start of a run with hundreds of workers to the fault
_TIMER = 0.02  # seconds by which a timer may be late
_CROWD_LIMIT = 30.0  # seconds for a run that is over in less than two


class _Count:
    """Lets each fork take EACH seconds, and counts those that come after the fault.

    fault: called after the sleep before each fork, with the number of that fork from 1 on; it
        does the fault, or finds that it has happened, and tells whether it is over.
    """

    def __init__(self, fault: Callable[[int], bool]) -> None:
        self._fault = fault
        self._over = False  # whether the fault has come
        self.begun = 0
        self.after = 0  # forks that have begun after the fault, and slept

    def __call__(self) -> None:
        after = self._over
        time.sleep(EACH)
        self.begun += 1
        self.after += after
        if not self._over:
            self._over = self._fault(self.begun)


def _births_of(module: ModuleType, log: Log) -> Births | None:
    """Return what sees the births of workers from now on, or None, and log why they are not met."""
    lift_limits()
    births = Births(log)
    module.run(2, 2)
    if births.forked:
        return births
    log("unmet", why="the caller does not fork its workers")
    return None


def struck(module: ModuleType, log: Log, workers: int, deaths: bool = True) -> None:
    """Strike in each way while *workers* workers are forked: SIGINT, a death, a timeout.

    deaths: whether to try a death: a module that never notices one would hang.
    """
    if (births := _births_of(module, log)) is None:
        return
    cases = {"SIGINT": _interrupted, "death": _bereaved, "timeout": _timed}
    if not deaths:
        del cases["death"]
    if not takes_timeout(module):
        del cases["timeout"]
        log("untimed")
    for name, case in cases.items():
        act = partial(case, module=module, births=births, workers=workers)
        in_caller(log, name, act, _LIMIT)


def _counted(log: Log, run: Run, workers: int, count: _Count, case: str) -> None:
    """Run while forks are slow; log how many there were after the fault, and what is left."""
    before = resources.of_this_process()
    AtForks(count)
    log.call(run, _TERMS, workers, case=case)
    gc.collect()
    new = resources.added_since(before)
    log("forking", case=case, forks=count.begun, after=count.after, each=EACH, new=new)


def _interrupted(log: Log, module: ModuleType, births: Births, workers: int) -> None:
    def fault(begun: int) -> bool:
        if begun == BEFORE:
            os.kill(os.getpid(), signal.SIGINT)
        return begun >= BEFORE

    _counted(log, module.run, workers, _Count(fault), "SIGINT")


def _timed(log: Log, module: ModuleType, births: Births, workers: int) -> None:
    seconds = BEFORE * EACH
    begin = 0.0

    def fault(begun: int) -> bool:
        nonlocal begin
        # From the first fork on: the caller's own clock has run since before it.
        begin = begin or time.monotonic()
        return time.monotonic() > begin + seconds

    _counted(log, partial(module.run, timeout=seconds), workers, _Count(fault), "timeout")


def _bereaved(log: Log, module: ModuleType, births: Births, workers: int) -> None:
    # A transport may fork helpers before its workers, which a run may not need: not one of these.
    forked = []
    for few in (2, 3):
        births.disarm()
        module.run(_TERMS, few)
        forked.append(births.forked)
    total = forked[0] + (workers - 2) * (forked[1] - forked[0])
    victim = max(0, total - workers) + BEFORE
    memory = mmap.mmap(-1, _PID.size)

    def end(number: int) -> None:
        if number == victim:
            _PID.pack_into(memory, 0, os.getpid())
            die(signal.SIGKILL)

    def fault(begun: int) -> bool:
        if begun <= victim:
            return False
        deadline = Deadline(_DEAD_IN)
        while not (_dead(_PID.unpack_from(memory)[0]) or deadline.is_over()):
            time.sleep(1e-3)
        return True

    births.arm_forked(end)
    _counted(log, module.run, workers, _Count(fault), "death")


def _dead(pid: int) -> bool:
    """Tell whether the child *pid* has ended, without reaping it; 0: it has not started yet."""
    if not pid:
        return False
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:  # it has been reaped
        return True


# -- hundreds of workers that compute --------------------------------------------------------


def crowds(module: ModuleType, log: Log, workers: int) -> None:
    """Strike 0.3 s after the start of a run with *workers* workers that compute for long."""
    if _births_of(module, log) is None:
        return
    runs = {"SIGINT": module.run}
    if takes_timeout(module):
        runs["timeout"] = partial(module.run, timeout=_AFTER)
    else:
        log("untimed")
    for name, run in runs.items():
        in_caller(log, name, partial(_crowd, run=run, workers=workers, case=name), _CROWD_LIMIT)


def _crowd(log: Log, run: Run, workers: int, case: str) -> None:
    """Run until the fault; log how late the error came, and how many forks came before it."""
    start = time.monotonic()
    before = after = 0

    def count() -> None:
        nonlocal before, after
        late = time.monotonic() > start + _AFTER + _TIMER
        after += late
        before += not late

    AtForks(count)
    if case == "SIGINT":
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, _AFTER)
    log.call(run, _FOR_LONG, workers, case=case)
    late = time.monotonic() - start - _AFTER
    log("many", case=case, before=before, after=after, late=late)
