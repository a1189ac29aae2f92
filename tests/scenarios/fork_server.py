"""A fork server: it forks a caller for each signal at a random moment of a run.

A fresh interpreter takes a tenth of a second to start, and there may be hundreds of moments.  So
one interpreter, which has imported the module and run it once, forks a caller for each.
"""

import gc
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any, NoReturn

from tests.scenarios.callers import leave
from tests.scenarios.injection import Births, Inherited, rest_amid_work
from tests.scenarios.protocol import Log
from tests.system import resources
from tests.system.deadline import Deadline

_ENDS_IN = 1.0  # seconds in which a signal ends a caller
_AMID_IN = 3.0  # seconds in which the workers of a longer run come amid their work


def serve(module: ModuleType, log: Log, n: int, workers: int) -> None:
    """Run once in a new caller for each request, a line of JSON on standard input.

    kill: the signal that the caller gets, *delay* seconds after it calls `run`.
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
    deadline = Deadline(_ENDS_IN)
    options = os.WEXITED | os.WNOHANG | os.WNOWAIT
    while os.waitid(os.P_PID, caller, options) is None:
        if deadline.is_over():
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


def lost_by_python(tell: Callable[[str], object]) -> Callable[[Any], None]:
    """Return a hook that tells of an interrupt which CPython itself has lost: "interrupted".

    An interrupt that comes in a __del__ or in the callback of a weak reference ends only that
    function (sys.unraisablehook).  No transport can prevent this.
    """

    def hook(lost: Any) -> None:
        if issubclass(lost.exc_type, KeyboardInterrupt):
            tell("interrupted")
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
    sys.unraisablehook = lost_by_python(log)
    try:
        if request["warm"]:
            module.run(n, workers)
        before = resources.of_this_process()
        if request["group"]:
            os.setpgid(0, 0)
            signal.signal(request["kill"], signal.SIG_DFL)
        if request["amid"]:
            n = request["amid"]
            told = Inherited(starter)
            births.arm_forked(lambda number: rest_amid_work(told.tell))
        try:
            os.write(starter, b".")
            log.call(module.run, n, workers)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        except KeyboardInterrupt:  # just before `run`, or after it
            log("interrupted")
        births.disarm()
        gc.collect()
        log("inside", new=resources.added_since(before))
    except BaseException as error:  # noqa: BLE001 - it must not get into the fork server's code
        log("failed", error=repr(error))
    finally:
        leave()
