"""Injection into workers that start a fresh interpreter: spawn, forkserver, loky.

Such a worker does not run the hooks that its caller has registered with os.register_at_fork, but
it has the caller's environment.  So tests/scenarios/startup is in PYTHONPATH, and its
sitecustomize calls `enter`.  The caller keeps the injection in a file in memory (memfd_create(2)).
A worker opens it by its path in /proc: proc_pid_fd(5).
"""

import contextlib
import fcntl
import json
import os
import struct
import sys
import time
from functools import partial

from tests.scenarios import stacks
from tests.scenarios.protocol import Injection, Log, resolve

# The paths of that file, of the log, and of the file for stacks, for the workers. A worker without
# it is not of a trial.
_VARIABLE = "IPC_CONFORMANCE_DOOR"

# The file has the number of workers so far, and then the injection as JSON.
_COUNT = struct.Struct("=Q")
_LENGTH = 4096 - _COUNT.size  # bytes of JSON, filled up with blanks; one page in all

# Processes of multiprocessing that serve all runs of a caller. They are no workers.
_HELPERS = ("resource_tracker", "multiprocessing.forkserver")

# A fork server sends the pid of a new worker to the caller, which sends the work to the worker.  If
# the worker dies before that, CPython's executor may wait for ever.  The clauses are about faults
# that come later, so a worker of a fork server waits before its injection.
_PASSED_ON = 0.03  # seconds; some milliseconds are usual

_path: str | None = None  # of the file, in the caller
_fd = -1


def install(log_fd: int, stacks_fd: int) -> None:
    """Let every interpreter that is started from now on call `enter`, where there is /proc."""
    global _fd, _path  # noqa: PLW0603 - one for each process
    if not hasattr(os, "memfd_create") or not os.path.isdir("/proc/self/fd"):
        return
    _fd = os.memfd_create("injection")
    _path = path_of(_fd)
    os.environ[_VARIABLE] = json.dumps([_path, path_of(log_fd), path_of(stacks_fd)])
    arm(None)


def arm(injection: Injection | None) -> None:
    """Count workers from 0 again; from now on do *injection* to each."""
    if _path is None:
        return
    text = json.dumps(None if injection is None else injection.request).encode()
    if len(text) > _LENGTH:
        raise ValueError(f"{len(text)} bytes of arguments, and there is room for {_LENGTH}")
    os.pwrite(_fd, _COUNT.pack(0) + text.ljust(_LENGTH), 0)


def count() -> int:
    """Return how many workers have started since `arm` was called last."""
    if _path is None:
        return 0
    number: int = _COUNT.unpack(os.pread(_fd, _COUNT.size, 0))[0]
    return number


def path_of(fd: int) -> str:
    """Return the path by which another process can open what this one has open as *fd*."""
    return f"/proc/{os.getpid()}/fd/{fd}"


def enter() -> None:
    """Do the injection to this fresh interpreter; if it is a helper, to those that it forks."""
    if any(helper in argument for argument in sys.orig_argv for helper in _HELPERS):
        os.register_at_fork(after_in_child=partial(_inject, _PASSED_ON))
    else:
        _inject()


def _inject(pause: float = 0.0) -> None:
    """Count this worker, and do the injection to it after *pause* seconds, if there is one."""
    path, log_path, stacks_path = json.loads(os.environ[_VARIABLE])
    with contextlib.suppress(OSError):  # the caller has ended, or no descriptor is left
        stacks.write_to(os.open(stacks_path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC))
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        log = Log(os.open(log_path, os.O_WRONLY | os.O_CLOEXEC), log_path)
    except OSError:  # the caller has ended
        return
    try:
        fcntl.lockf(fd, fcntl.LOCK_EX)
        number = _COUNT.unpack(os.pread(fd, _COUNT.size, 0))[0] + 1
        os.pwrite(fd, _COUNT.pack(number), 0)
        request = json.loads(os.pread(fd, _LENGTH, _COUNT.size))
    finally:
        os.close(fd)
    if request is not None:
        time.sleep(pause)
        resolve(request["function"])(log, number, *request["args"], **request["kwargs"])
