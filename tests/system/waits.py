"""In which system call a process waits: proc_pid_syscall(5), proc_pid_wchan(5)."""

import contextlib
import os
import platform
from pathlib import Path
from typing import NamedTuple

# Calls in which a process may wait for another, by their numbers on x86-64 and on aarch64
# (<asm/unistd.h>); -1 where a machine has no such call.
_NUMBERS = {
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66),
    "open": (2, -1), "openat": (257, 56), "flock": (73, 32), "fcntl": (72, 25),
    "poll": (7, -1), "ppoll": (271, 73), "select": (23, -1), "pselect6": (270, 72),
    "epoll_wait": (232, -1), "epoll_pwait": (281, 22), "futex": (202, 98),
    "accept": (43, 202), "accept4": (288, 242), "connect": (42, 203),
    "sendto": (44, 206), "recvfrom": (45, 207), "sendmsg": (46, 211), "recvmsg": (47, 212),
    "wait4": (61, 260), "waitid": (247, 95), "pause": (34, -1),
    "nanosleep": (35, 101), "clock_nanosleep": (230, 115), "rt_sigtimedwait": (128, 137),
    "semop": (65, 193), "semtimedop": (220, 192), "msgsnd": (69, 189), "msgrcv": (70, 188),
    "mq_timedsend": (242, 182), "mq_timedreceive": (243, 183), "rt_sigsuspend": (130, 133),
    "epoll_pwait2": (441, 441), "futex_waitv": (449, 449), "futex_wait": (455, 455),
}  # fmt: skip

RUNNING = "running"
"""In the place of a call."""

_MACHINES = ("x86_64", "aarch64")  # in the order of the numbers

# Those of them whose first argument is a descriptor.
_OF_A_DESCRIPTOR = {
    "read", "write", "readv", "writev", "flock", "fcntl", "accept", "accept4", "connect", "sendto",
    "recvfrom", "sendmsg", "recvmsg", "epoll_wait", "epoll_pwait", "mq_timedsend",
    "mq_timedreceive",
}  # fmt: skip

SLEEPS = frozenset({"nanosleep", "clock_nanosleep"})

# Where the time limit of a call is: as milliseconds, where -1 is none, or as a pointer, where 0 is
# none.
_MILLISECONDS = {"poll": 2, "epoll_wait": 3, "epoll_pwait": 3}
_POINTER = {
    "ppoll": 2, "select": 4, "pselect6": 4, "epoll_pwait2": 3, "mq_timedsend": 4,
    "mq_timedreceive": 4, "semtimedop": 3, "rt_sigtimedwait": 2, "futex": 3, "futex_waitv": 3,
    "futex_wait": 4, "recvmmsg": 4,
}  # fmt: skip


class Call(NamedTuple):
    """A system call in which a thread waits: its name, and its arguments as they were passed."""

    name: str
    arguments: tuple[int, ...]


def has_limit(name: str, arguments: tuple[int, ...]) -> bool:
    """Tell whether a call that waits ends after some time."""
    if name in SLEEPS:
        return True
    if (at := _MILLISECONDS.get(name)) is not None:
        return arguments[at] & 0xFFFFFFFF != 0xFFFFFFFF
    return bool(arguments[_POINTER[name]]) if name in _POINTER else False


def call_of(text: str) -> Call | None:
    """Return the call of a file "syscall" of /proc; None if it is another one, or none."""
    number, *arguments = text.split()
    if not arguments or (name := _name(int(number))) is None:
        return None
    return Call(name, tuple(int(argument, 16) for argument in arguments[:6]))


def waits_in(place: str) -> str:
    """Return the call in which a process waits, such as "read(pipe)"; "" if that is not known.

    It is RUNNING if the process does not wait.

    place: the directory of the process in /proc.
    """
    with contextlib.suppress(OSError, ValueError, IndexError):
        text = Path(place, "syscall").read_text()
        if text.strip() == RUNNING:
            return RUNNING
        if (call := call_of(text)) is not None:
            if call.name not in _OF_A_DESCRIPTOR:
                return call.name
            return f"{call.name}({_kind(place, call.arguments[0])})"
    with contextlib.suppress(OSError):
        waits = Path(place, "wchan").read_text()
        return waits if waits != "0" else ""
    return ""


def _name(number: int) -> str | None:
    machine = platform.machine()
    if machine not in _MACHINES:
        return None
    at = _MACHINES.index(machine)
    return next((name for name, numbers in _NUMBERS.items() if numbers[at] == number), None)


def _kind(place: str, fd: int) -> str:
    """Return what a descriptor leads to: a kind such as "pipe", or the name of a file."""
    with contextlib.suppress(OSError):
        target = os.readlink(f"{place}/fd/{fd}")
        return os.path.basename(target) if target.startswith("/") else target.partition(":")[0]
    return f"descriptor {fd}"
