"""The door by which workers come that are not forked by the caller itself.

multiprocessing's "spawn" and loky start a fresh interpreter, "forkserver" one that forks.
None of them runs the hooks that the caller has registered with os.register_at_fork, but all have
its environment: so tests/scenarios/startup is in PYTHONPATH, and leads here.  What is to be done
to a worker is a file in memory, which its path in /proc opens (proc_pid_fd(5)).
"""

import fcntl
import importlib
import json
import os
import struct
import sys
from typing import Any

from tests.scenarios import Log

_VARIABLE = "IPC_CONFORMANCE_DOOR"
_COUNT = struct.Struct("=Q")

# Of multiprocessing: these serve all runs of a process, and are no worker of one.
_HELPERS = ("resource_tracker", "multiprocessing.forkserver")

_path: str | None = None  # of the file, in the caller
_fd = -1


def open_for_business(log_fd: int) -> None:
    """Let every interpreter that is started from here on come by."""
    global _fd, _path  # noqa: PLW0603 - one a process
    if not hasattr(os, "memfd_create") or not os.path.isdir("/proc/self/fd"):
        return
    _fd = os.memfd_create("door")
    _path = f"/proc/{os.getpid()}/fd/{_fd}"
    os.environ[_VARIABLE] = json.dumps([_path, f"/proc/{os.getpid()}/fd/{log_fd}"])
    order(None)


def order(what: list[Any] | None) -> None:
    """From now on call *what*, [module:function, arguments...], with a log and the number."""
    if _path is not None:
        text = json.dumps(what).encode()
        os.pwrite(_fd, _COUNT.pack(0) + text.ljust(3992), 0)


def count() -> int:
    """Return how many workers have come since the last order."""
    if _path is None:
        return 0
    number: int = _COUNT.unpack(os.pread(_fd, _COUNT.size, 0))[0]
    return number


def path_of(fd: int) -> str:
    """Return the path by which another process can open what this one has open as *fd*."""
    return f"/proc/{os.getpid()}/fd/{fd}"


def enter() -> None:
    """Let this fresh interpreter in: a worker is met, a helper lets in those that it forks."""
    if any(helper in argument for argument in sys.orig_argv for helper in _HELPERS):
        os.register_at_fork(after_in_child=_meet)
    else:
        _meet()


def _meet() -> None:
    path, log_path = json.loads(os.environ[_VARIABLE])
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:  # the caller is no more
        return
    try:
        fcntl.lockf(fd, fcntl.LOCK_EX)
        number = _COUNT.unpack(os.pread(fd, _COUNT.size, 0))[0] + 1
        os.pwrite(fd, _COUNT.pack(number), 0)
        what = json.loads(os.pread(fd, 3992, _COUNT.size))
    finally:
        os.close(fd)
    if what is not None:
        place, _, name = what[0].partition(":")
        log = Log(os.open(log_path, os.O_WRONLY | os.O_CLOEXEC))
        getattr(importlib.import_module(place), name)(log, number, *what[1:])
