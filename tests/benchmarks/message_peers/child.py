"""A measurement in a child: for libraries that a process cannot use after a fork."""

import os
import pickle
from collections.abc import Callable
from typing import TypeVar

from transports._supervisor import die_with_parent

_T = TypeVar("_T")


def in_child(act: Callable[[], _T]) -> _T:
    """Call *act* in a forked process, and return what it returned, which was pickled.

    Raises AssertionError with what it raised, or with how the process ended.
    """
    reader, writer = os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        try:
            die_with_parent(parent)
            told = _told(act)
            with open(writer, "wb") as file:
                file.write(told)
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader, "rb") as file:
        told = file.read()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if not told:
        raise AssertionError(f"the process that measured ended with {status}")
    good, value = pickle.loads(told)  # noqa: S301 - of a process of ours
    if not good:
        raise AssertionError(value)
    found: _T = value
    return found


def _told(act: Callable[[], object]) -> bytes:
    try:
        return pickle.dumps((True, act()))
    except Exception as error:  # noqa: BLE001 - it is told
        return pickle.dumps((False, f"{type(error).__name__}: {error}"))
