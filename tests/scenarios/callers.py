"""Callers that a scenario forks, so that each has a state of its own and ends with it."""

import os
import signal
import sys
import time
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any, NoReturn

from tests.scenarios.injection import Births, kill_first
from tests.scenarios.protocol import Log, inject
from tests.system.deadline import Deadline

# The priority of the finalizer by which multiprocessing removes the directory of its sockets.
_REMOVES_DIRECTORY = -100

_PAUSE = 0.002  # seconds between two looks at a child


def leave() -> NoReturn:
    """End a caller that was forked.

    It does not run the handlers of atexit, which belong to the process that forked it.
    """
    try:
        tidy()
    finally:
        os._exit(0)


def tidy() -> None:
    """Remove the directory of the sockets of multiprocessing, as a handler of atexit does."""
    if (util := sys.modules.get("multiprocessing.util")) is not None:
        for (priority, _), finalizer in list(util._finalizer_registry.items()):
            if priority == _REMOVES_DIRECTORY:
                finalizer()


def in_caller(log: Log, name: str, act: Callable[[Log], None], limit: float | None = None) -> None:
    """Fork a caller that does *act* with a log of its own, and wait for its end.

    name: of its case, if it fails in another way than by an error of `run`.
    limit: seconds after which it is killed, and its case has failed; None to wait for ever.
    """
    caller = os.fork()
    if caller == 0:
        log = log.again()
        try:
            act(log)
        except BaseException as error:  # noqa: BLE001 - it must not get into the code below
            log("failed", case=name, error=repr(error))
        finally:
            leave()
    status = ended_in(caller, limit)
    if status is None:
        log("failed", case=name, error=f"no end in {limit:.0f} s")
    elif status:
        log("failed", case=name, error=f"ended with {os.waitstatus_to_exitcode(status)}")


def ended_in(child: int, limit: float | None) -> int | None:
    """Reap *child*, and return its status; None if it had to be killed after *limit* seconds."""
    if limit is None:
        return os.waitpid(child, 0)[1]
    deadline = Deadline(limit)
    while not deadline.is_over():
        try:
            pid, status = os.waitpid(child, os.WNOHANG)
        except ChildProcessError:  # a run has reaped it, which is for clause E3 to judge
            return 0
        if pid:
            return status
        time.sleep(_PAUSE)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def well_and_struck(module: ModuleType, log: Log, births: Births, **more: Any) -> None:
    """Run once without a fault, and once with the first child killed at birth.

    more: further fields of the outcomes.
    """
    log.call(module.run, 100, 3, **more)
    births.arm(inject(kill_first))
    log.call(module.run, 100, 3, injected=True, **more)
    births.disarm()


def allow_fork_in_threads() -> None:
    """Let CPython, from 3.12 on, not warn of a fork in a process with threads."""
    warnings.filterwarnings("ignore", ".*use of fork.*", DeprecationWarning)
