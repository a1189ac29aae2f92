"""Scenarios with timeouts, and with workers that take long."""

import gc
import signal
import threading
import time
import warnings
from functools import partial
from types import ModuleType

from tests.scenarios.callers import allow_fork_in_threads
from tests.scenarios.injection import Births, end, signal_every_millisecond, stop
from tests.scenarios.protocol import Log, Run, inject
from tests.scenarios.signatures import takes_timeout
from tests.system import resources
from tests.system.deadline import MOST

_AMPLE = 30.0  # seconds: a timeout that no run reaches
_HUGE = 10.0**12  # seconds: more than a system call takes, poll(2)
LATE = 2 * MOST  # seconds: a run that tells of a death only then is late on any machine
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
    for ample in (_AMPLE, int(_AMPLE), _HUGE, None):
        births.disarm()
        log.call(partial(run, timeout=ample), 100, 3, case="ample")
    last = births.count  # a worker; the first may be a helper
    births.arm(inject(end, int(signal.SIGKILL), [last]))
    log.call(partial(run, timeout=LATE), 100, 3, case="death")
    _stopped(log, births, partial(run, timeout=seconds))
    births.disarm()
    log.call(partial(run, timeout=seconds), n, 3, case="passed")
    log.call(run, 100, 3, case="ample")
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


def _stopped(log: Log, births: Births, run: Run) -> None:
    """Run with workers that are stopped; also amid signals, and in a thread, which gets none."""
    births.arm(inject(stop))
    log.call(run, 100, 3, case="passed")
    signal_every_millisecond(lambda signum, frame: None)
    log.call(run, 100, 3, case="passed")
    signal.setitimer(signal.ITIMER_REAL, 0)
    thread = threading.Thread(target=partial(log.call, run, 100, 3, case="passed"))
    with warnings.catch_warnings():
        allow_fork_in_threads()
        thread.start()
        thread.join()


def slow(module: ModuleType, log: Log, seconds: float) -> None:
    """Let each child that is forked wait for *seconds* at its birth."""
    births = Births(log)
    births.arm_forked(lambda number: time.sleep(seconds))
    log.call(module.run, 100, 2)
