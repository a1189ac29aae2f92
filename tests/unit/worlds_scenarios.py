"""Scenarios of test_worlds: what a process finds in its world, and what it leaves there."""

import atexit
import gc
import os
import resource
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.scenarios.protocol import Log

SECONDS = 600.0  # that an orphan lives: longer than any test


def leave_all(module: ModuleType, log: Log) -> None:
    """Leave a file, a queue, a segment, an abstract socket and an orphan; then wait."""
    import posix_ipc  # noqa: PLC0415 - may be missing
    import sysv_ipc  # noqa: PLC0415 - may be missing

    Path("/tmp/left").touch()  # noqa: S108 - of its own
    posix_ipc.MessageQueue("/left", posix_ipc.O_CREX)
    posix_ipc.SharedMemory("/left", posix_ipc.O_CREX, size=8)
    sysv_ipc.MessageQueue(77, sysv_ipc.IPC_CREX)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        socket.create_connection(listener.getsockname()).close()
    if os.fork() == 0:
        if os.fork() == 0:
            time.sleep(SECONDS)
        os._exit(0)
    os.wait()
    log("untimed")
    sys.stdin.readline()


def facts() -> dict[str, Any]:
    """Return what a program can see of the state that it starts in."""
    return {
        "descriptors": sorted(_kind(fd) for fd in os.listdir("/proc/self/fd")),
        "streams": [_kind(str(fd)) for fd in range(3)],
        "buffered": [sys.stdin.line_buffering, sys.stdout.line_buffering],
        "handlers": [str(signal.getsignal(number)) for number in sorted(signal.valid_signals())],
        "signals": [
            line for line in _status() if line[:6] in ("SigPnd", "SigBlk", "SigIgn", "SigCgt")
        ],
        "mask": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
        "limits": [resource.getrlimit(number) for number in range(16)],
        "threads": threading.active_count(),
        "leader": (os.getpid() == os.getsid(0), os.getpid() == os.getpgid(0)),
        "directory": os.getcwd() == os.path.realpath(os.path.join(os.environ["TMPDIR"], "../cwd")),
        "collector": (gc.isenabled(), gc.get_threshold()),
        "environment": sorted(name for name in os.environ if not name.startswith("PYTHONHASHSEED")),
        "user": (os.getuid(), os.geteuid(), os.getgroups()),
        "rights": [line for line in _status() if line.startswith("Cap")],
        "umask": [line for line in _status() if line.startswith("Umask")],
        "trace": (sys.gettrace(), sys.getprofile()),
        "priority": os.nice(0),
    }


def _kind(fd: str) -> str:
    """Return what a descriptor leads to: "pipe", or the end of a path."""
    try:
        target = os.readlink(f"/proc/self/fd/{fd}")
    except OSError:  # that of the listing itself
        return ""
    return os.path.basename(target) if target.startswith("/") else target.partition(":")[0]


def _status() -> list[str]:
    return Path("/proc/self/status").read_text().splitlines()


def show_facts(module: ModuleType, log: Log) -> None:
    """Log the facts, and what runs at the end of the interpreter."""
    for name, value in facts().items():
        log("changed", case=name, what=value, new=[])
    log("changed", case="modules", what=[name for name in sys.modules if "." not in name], new=[])
    atexit.register(log, "cleaned", what="atexit")

    def late() -> None:
        time.sleep(0.1)
        log("cleaned", what="thread")

    threading.Thread(target=late).start()


def fail(module: ModuleType, log: Log) -> None:
    """Raise."""
    raise ZeroDivisionError("planted by the suite")


def ancestors(module: ModuleType, log: Log) -> None:
    """Log the pids of this process and its parent."""
    log("children", states=[os.getpid(), os.getppid()])
