"""Callers that a scenario forks, so that each has a state of its own and ends with it."""

import os
import sys
from collections.abc import Callable
from typing import NoReturn

from tests.scenarios.protocol import Log

# The priority of the finalizer by which multiprocessing removes the directory of its sockets.
_REMOVES_DIRECTORY = -100


def leave() -> NoReturn:
    """End a caller that was forked.

    It does not run the handlers of atexit, which belong to the process that forked it.  But
    multiprocessing removes the directory of its sockets in one of them, so that is done here.
    """
    try:
        if (util := sys.modules.get("multiprocessing.util")) is not None:
            for (priority, _), finalizer in list(util._finalizer_registry.items()):
                if priority == _REMOVES_DIRECTORY:
                    finalizer()
    finally:
        os._exit(0)


def in_caller(log: Log, name: str, act: Callable[[Log], None]) -> None:
    """Fork a caller that does *act* with a log of its own, and wait for its end.

    name: of its case, if it fails in another way than by an error of `run`.
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
    _, status = os.waitpid(caller, 0)
    if status:
        log("failed", case=name, error=f"ended with {os.waitstatus_to_exitcode(status)}")
