"""Scenarios with callers in unusual states."""

import atexit
import contextlib
import ctypes
import gc
import logging.handlers
import os
import signal
import sys
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, TextIO

from tests.scenarios.callers import well_and_struck
from tests.scenarios.injection import CPU, Births, after_cpu, die
from tests.scenarios.protocol import Log


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
    kept = [os.dup(fd) for fd in (1, 2)]
    with open(path, "ab") as target:
        for fd in (1, 2):
            os.dup2(target.fileno(), fd)
    libc = ctypes.CDLL(None)
    file = open(path, "a")  # noqa: SIM115 - it stays open during the runs
    other = type("Other", (), {})()
    finalizer = weakref.finalize(other, log, "cleaned", what="weakref.finalize")
    atexit.register(log, "cleaned", what="atexit")
    watched = _garbage(log)
    # Each text stays in a buffer until the runs are over, and a fork copies the buffer.
    sys.stdout.write("[python]")
    sys.stderr.write("[stderr]")
    logger, handler = _buffered_logger(file)
    logger.warning("[logging]")
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
    sys.stderr.flush()
    libc.fflush(None)
    handler.close()
    logger.removeHandler(handler)
    file.close()
    for fd, before in enumerate(kept, 1):
        os.dup2(before, fd)
        os.close(before)
    log("printed", text=path.read_text())
    path.unlink()
    path.parent.rmdir()
    finalizer()
    gc.enable()
    gc.collect()
    del watched


def _buffered_logger(file: TextIO) -> tuple[logging.Logger, logging.Handler]:
    """Return a logger that keeps what it gets for *file*, and its handler."""
    handler = logging.handlers.MemoryHandler(1000, target=logging.StreamHandler(file))
    logger = logging.getLogger("of the caller")
    logger.propagate = False
    logger.addHandler(handler)
    return logger, handler


class _Cleaned:
    """An object of the caller's, whose finalizer logs who runs it."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.held: list[Any] = []

    def __del__(self) -> None:
        self._log("cleaned", what="__del__ of garbage")


def _garbage(log: Log) -> "weakref.ref[_Cleaned]":
    """Leave garbage with clean-up to do, which waits for the collector; return a reference to it.

    The collector is off, so that it is not Python that collects garbage of the caller in a worker
    which happens to need much memory.
    """
    gc.disable()
    lost = _Cleaned(log)
    lost.held += [lost, _suspended(log)]
    next(lost.held[1])
    return weakref.ref(lost, lambda _: log("cleaned", what="callback of a reference to garbage"))


def _suspended(log: Log) -> Iterator[None]:
    try:
        yield
    finally:
        log("cleaned", what="finally of a garbage generator")


def _raise() -> None:
    raise ZeroDivisionError("planted by the suite")
