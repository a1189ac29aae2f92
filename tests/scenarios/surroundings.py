"""Scenarios with callers in unusual states."""

import atexit
import contextlib
import ctypes
import gc
import inspect
import os
import signal
import sys
import tempfile
import time
import weakref
from functools import partial
from pathlib import Path
from types import ModuleType

from tests.scenarios.callers import well_and_struck
from tests.scenarios.injection import CPU, Births, after_cpu, die, stop
from tests.scenarios.protocol import Log, inject
from tests.system import resources

_AMPLE = 30.0  # seconds: a timeout that no run reaches
_HUGE = 10.0**12  # seconds: more than a system call takes, poll(2)
_TINY = 1e-9  # seconds: a timeout that every run exceeds


def parental(module: ModuleType, log: Log) -> None:
    """Run while the caller has children of its own: one dead, one alive, one stopped."""
    births = Births(log)
    module.run(2, 2)
    pids = []
    for number in (None, signal.SIGSTOP):
        pid = os.fork()
        if pid == 0:
            try:
                if number:
                    os.kill(os.getpid(), number)
                while True:
                    signal.pause()
            finally:
                os._exit(0)
        pids.append(pid)
    dead = os.fork()
    if dead == 0:
        os._exit(7)
    os.waitid(os.P_PID, dead, os.WEXITED | os.WNOWAIT)
    os.waitid(os.P_PID, pids[1], os.WSTOPPED | os.WNOWAIT)
    well_and_struck(module, log, births)
    states = []
    for pid in (dead, *pids):
        try:
            result = os.waitid(os.P_PID, pid, os.WEXITED | os.WSTOPPED | os.WNOHANG | os.WNOWAIT)
            states.append(f"{result.si_code} {result.si_status}" if result else "alive")
        except ChildProcessError:
            states.append("reaped")
    log("children", states=states)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    for pid in (dead, *pids):
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)


def buffered(module: ModuleType, log: Log, n: int) -> None:
    """Run with text in buffers and with clean-up to do; log who writes and who cleans up.

    n: terms that take long enough for a worker to raise amid them.
    """
    path = Path(tempfile.mkdtemp()) / "printed"
    births = Births(log)
    out = os.dup(1)
    with open(path, "wb") as target:
        os.dup2(target.fileno(), 1)
    libc = ctypes.CDLL(None)
    file = open(path, "a")  # noqa: SIM115 - it stays open during the runs
    other = type("Other", (), {})()
    finalizer = weakref.finalize(other, log, "cleaned", what="finalize")
    atexit.register(log, "cleaned", what="atexit")
    # Each text stays in a buffer until the runs are over, and a fork copies the buffer.
    sys.stdout.write("[python]")
    libc.printf(b"[c]")
    file.write("[file]")
    try:
        log.call(module.run, 100, 3)
        births.arm_forked(lambda number: after_cpu(CPU, _raise))
        log.call(module.run, n, 3, injected=True)
        births.arm_forked(lambda number: die(signal.SIGKILL) if number == 1 else None)
        log.call(module.run, 100, 3, injected=True)
    finally:
        log("cleaned", what="finally")
    births.disarm()
    sys.stdout.flush()
    libc.fflush(None)
    file.close()
    os.dup2(out, 1)
    os.close(out)
    log("printed", text=path.read_text())
    path.unlink()
    path.parent.rmdir()
    finalizer()


def _raise() -> None:
    raise ZeroDivisionError("planted by the suite")


def timed(module: ModuleType, log: Log, n: int, seconds: float) -> None:
    """Run with timeouts that pass, that do not, and that are invalid.

    n: terms that take longer than *seconds*.
    """
    if "timeout" not in inspect.signature(module.run).parameters:
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
