"""Scenarios with timeouts, and with workers that take long."""

import gc
import time
from functools import partial
from types import ModuleType

from tests.scenarios.injection import Births, stop
from tests.scenarios.protocol import Log, inject
from tests.scenarios.signatures import takes_timeout
from tests.system import resources

_AMPLE = 30.0  # seconds: a timeout that no run reaches
_HUGE = 10.0**12  # seconds: more than a system call takes, poll(2)
_ONE_BY_ONE = 8  # workers
_TINY = 1e-9  # seconds: a timeout that every run exceeds


def timed(module: ModuleType, log: Log, n: int, seconds: float) -> None:
    """Run with timeouts that pass, that do not, and that are invalid.

    n: terms that take longer than *seconds*.
    """
    if not takes_timeout(module):
        log("untimed")
        return
    births = Births(log)
    run = module.run
    run(2, 2, timeout=_AMPLE)
    before = resources.of_this_process()
    log.call(partial(run, timeout=_AMPLE), 100, 3, case="ample")
    log.call(partial(run, timeout=_HUGE), 100, 3, case="ample")
    log.call(partial(run, timeout=None), 100, 3, case="ample")
    births.arm(inject(stop))
    log.call(partial(run, timeout=seconds), 100, 3, case="passed")
    births.disarm()
    log.call(partial(run, timeout=seconds), n, 3, case="passed")
    if births.forked:  # each worker begins half of the timeout after the one before
        births.arm_forked(lambda number: time.sleep(seconds / 2 * number))
        log.call(partial(run, timeout=seconds), 100, _ONE_BY_ONE, case="passed")
        births.disarm()
    log.call(partial(run, timeout=_TINY), 100, 64, case="passed")
    births.disarm()
    for bad in (0, -1, float("nan"), float("inf"), True, "1"):
        log.call(partial(run, timeout=bad), 100, 3, case="bad", forks=births.count)
    gc.collect()
    log("inside", new=resources.added_since(before))


def slow(module: ModuleType, log: Log, seconds: float) -> None:
    """Let each child that is forked wait for *seconds* at its birth."""
    births = Births(log)
    births.arm_forked(lambda number: time.sleep(seconds))
    log.call(module.run, 100, 2)
