"""Directory, umask, limits, environment, scheduling and users of this process."""

import contextlib
import ctypes
import os
import platform
import resource
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.system.settings.groups import Group

# The number of ioprio_get(2), for which the C library has no function; by the name of the machine.
_IOPRIO_GET = {"x86_64": 251, "aarch64": 31, "riscv64": 31, "ppc64le": 274, "s390x": 283}
_WHO_PROCESS = 1


def groups() -> Iterator[Group]:
    """Yield what POSIX has of a process as a whole, and how it is scheduled: sched(7)."""
    yield Group("{}", _single())
    limits = {
        name: "soft {}, hard {}".format(*resource.getrlimit(getattr(resource, name)))
        for name in dir(resource)
        if name.startswith("RLIMIT_")
    }
    yield Group("the limit {}", dict(limits))
    python, c = dict(os.environ), _c_environment()
    yield Group("environment variable {}", dict(python), gone="not set")
    if c is not None:
        # By putenv(3), which os.environ does not see.
        apart = {name: value for name, value in c.items() if python.get(name) != value}
        apart |= {name: "not set" for name in python if name not in c}
        yield Group("environment variable {}, by getenv(3),", dict(apart), gone="as in os.environ")


def _single() -> dict[str, object]:
    mask = os.umask(0)
    os.umask(mask)
    found: dict[str, object] = {"the umask": f"{mask:04o}", "the niceness": os.nice(0)}
    readers: dict[str, Callable[[], object]] = {
        "the current directory": os.getcwd,  # which may have been removed
        "the process group": os.getpgrp,
        "the session": lambda: os.getsid(0),
        "the I/O priority (ioprio_get(2))": _ioprio,
    }
    if hasattr(os, "sched_getscheduler"):
        readers |= {
            "the CPU affinity": lambda: os.sched_getaffinity(0),
            "the scheduling policy": lambda: os.sched_getscheduler(0),
            "the scheduling priority": lambda: os.sched_getparam(0).sched_priority,
        }
    if not Path("/proc/self/status").exists():  # it has these, and more: see `proc`
        readers |= {
            "the user": lambda: f"{os.getuid()}, effective {os.geteuid()}",
            "the group": lambda: f"{os.getgid()}, effective {os.getegid()}",
            "the other groups": os.getgroups,
        }
    for what, read in readers.items():
        with contextlib.suppress(OSError, AttributeError, KeyError):
            found[what] = read()
    return found


def _ioprio() -> int:
    number = _IOPRIO_GET[platform.machine()]
    syscall = ctypes.CDLL(None).syscall
    syscall.argtypes = [ctypes.c_long] * 3
    found = int(syscall(number, _WHO_PROCESS, 0))
    if found < 0:
        raise OSError("ioprio_get is refused")
    return found


def _c_environment() -> dict[str, str] | None:
    """Return the variables that C code sees: environ(7); None if it cannot be had."""
    try:
        place = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
    except ValueError:
        return None
    found: dict[str, str] = {}
    number = 0
    while place and (entry := place[number]) is not None:
        name, _, value = entry.partition(b"=")
        found.setdefault(os.fsdecode(name), os.fsdecode(value))
        number += 1
    return found
