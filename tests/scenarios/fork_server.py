"""A fork server: it forks a caller for each fault, which the harness injects from outside.

A fresh interpreter takes a tenth of a second to start, and a sweep has hundreds of points.  So
one interpreter, which has imported the module and run it once, forks a caller for each point.
"""

import contextlib
import ctypes
import gc
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any, NoReturn

from tests.scenarios.callers import leave
from tests.scenarios.injection import Births, rest_amid_work
from tests.scenarios.protocol import Log
from tests.system import resources

_ENDS_IN = 1.0  # seconds in which a signal ends a caller
_AMID_IN = 5.0  # seconds in which the workers of a longer run come amid their work

PR_SET_PTRACER = 0x59616D61  # <linux/prctl.h>, for the Yama security module


def serve(module: ModuleType, log: Log, n: int, workers: int) -> None:
    """Run once in a new caller for each request, a line of JSON on standard input.

    who: the process that gets the fault: 0 for the caller, from 1 on for its children.
    stop: whether that process stops itself, the caller right before `run`, a child at its
        birth, so that a tracer can attach.
    kill: the signal that the caller gets, *delay* seconds after it calls `run`, or 0.
    group: whether its whole process group gets it, where it has its default action.
    amid: terms of a longer run, in which the signal comes when all workers are amid their work,
        and SIGKILL for the caller after it; 0 for the usual run.
    """
    births = Births(log)
    afresh = _served(module, births, n, workers)
    if afresh is None:
        module.run(n, workers)
    log("births", **(afresh or _measured(module, births, n, workers)))
    for line in sys.stdin:
        request = json.loads(line)
        start, starter = os.pipe()
        caller = os.fork()
        if caller == 0:
            os.close(start)
            request["warm"] = afresh is not None
            _call(module, log.again(), births, n, workers, starter, request)
        os.close(starter)
        if request["kill"]:
            os.read(start, 1)
            if request["amid"]:
                await_bytes(start, workers)
            time.sleep(request["delay"])
            (os.killpg if request["group"] else os.kill)(caller, request["kill"])
            if request["amid"]:
                _end(caller)
            log("sent")  # after the kill: its time is an upper bound of when the signal came
        os.close(start)
        _, status = os.waitpid(caller, 0)
        log("ended", caller=caller, status=os.waitstatus_to_exitcode(status))


def _measured(module: ModuleType, births: Births, n: int, workers: int) -> dict[str, Any]:
    """Return how many children a run has, and how long it takes."""
    births.disarm()
    start = time.monotonic()
    module.run(n, workers)
    return {"count": births.count, "seconds": time.monotonic() - start}


def _served(module: ModuleType, births: Births, n: int, workers: int) -> dict[str, Any] | None:
    """Return what `_measured` does for a module that does not fork its workers itself, else None.

    A run of such a module starts a server of workers, and a fork of the process that has started it
    cannot use that server.  So the module is run once in each caller, and not in the fork server.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            births.disarm()
            module.run(n, workers)
            measured = None if births.forked else _measured(module, births, n, workers)
            os.write(writer, json.dumps(measured).encode())
        finally:
            leave()
    os.close(writer)
    text = os.read(reader, 4096)  # not until end of file: a worker that is left may have it open
    os.close(reader)
    os.waitpid(pid, 0)
    found: dict[str, Any] | None = json.loads(text or "null")
    return found


def _end(caller: int) -> None:
    """Kill *caller* if the signal does not end it: `run` may ignore SIGPIPE, for example."""
    until = time.monotonic() + _ENDS_IN
    options = os.WEXITED | os.WNOHANG | os.WNOWAIT
    while os.waitid(os.P_PID, caller, options) is None:
        if time.monotonic() > until:
            os.kill(caller, signal.SIGKILL)
            break
        time.sleep(1e-3)


def await_bytes(fd: int, count: int, limit: float = _AMID_IN) -> bool:
    """Read *count* bytes; tell whether they came in *limit* seconds: a worker may have ended."""
    poller = select.poll()
    poller.register(fd, select.POLLIN)
    while count > 0 and poller.poll(limit * 1000):
        if not (data := os.read(fd, count)):
            break
        count -= len(data)
    return count == 0


def _await_tracer(log: Log) -> None:
    with contextlib.suppress(AttributeError):
        # Yama lets only an ancestor trace this process, unless it allows all: (unsigned long) -1.
        ctypes.CDLL(None).prctl(PR_SET_PTRACER, ctypes.c_ulong(-1), 0, 0, 0)
    log("stopped")
    os.kill(os.getpid(), signal.SIGSTOP)


def lost_by_python(log: Log) -> Callable[[Any], None]:
    """Return a hook that logs an interrupt which CPython itself has lost.

    An interrupt that comes in a __del__ or in the callback of a weak reference ends only that
    function (sys.unraisablehook).  No transport can prevent this.
    """

    def hook(lost: Any) -> None:
        if issubclass(lost.exc_type, KeyboardInterrupt):
            log("interrupted")
        else:
            sys.__unraisablehook__(lost)

    return hook


def _call(
    module: ModuleType,
    log: Log,
    births: Births,
    n: int,
    workers: int,
    starter: int,
    request: dict[str, Any],
) -> NoReturn:
    who, stop = request["who"], request["stop"]
    sys.unraisablehook = lost_by_python(log)
    try:
        if request["warm"]:
            module.run(n, workers)
        before = resources.of_this_process()
        births.arm_forked(lambda number: _await_tracer(log) if stop and number == who else None)
        if request["group"]:
            os.setpgid(0, 0)
            signal.signal(request["kill"], signal.SIG_DFL)
        if request["amid"]:
            n = request["amid"]
            tell = partial(os.write, starter, b".")
            births.arm_forked(lambda number: rest_amid_work(tell))
        if stop and not who:
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
            _await_tracer(log)
        try:
            if request["kill"]:
                os.write(starter, b".")
            log.call(module.run, n, workers)
            os.kill(os.getpid(), 0)  # has no effect: it marks the end of `run` in a trace
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        except KeyboardInterrupt:  # just before `run`, or after it
            log("interrupted")
        births.disarm()
        if stop and not who:
            log("returned")
            signal.sigwait({signal.SIGUSR1})  # until the tracer has detached
        gc.collect()
        log("inside", new=resources.added_since(before))
    except BaseException as error:  # noqa: BLE001 - it must not get into the fork server's code
        log("failed", error=repr(error))
    finally:
        leave()
