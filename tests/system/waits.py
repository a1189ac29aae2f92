"""In which system call a process waits: proc_pid_syscall(5), proc_pid_wchan(5)."""

import contextlib
import os
import platform
from pathlib import Path

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
    "mq_timedsend": (242, 182), "mq_timedreceive": (243, 183),
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


def waits_in(place: str) -> str:
    """Return the call in which a process waits, such as "read(pipe)"; "" if that is not known.

    It is RUNNING if the process does not wait.

    place: the directory of the process in /proc.
    """
    with contextlib.suppress(OSError, ValueError, IndexError):
        number, *arguments = Path(place, "syscall").read_text().split()
        if number == RUNNING:
            return RUNNING
        if (name := _name(int(number))) is not None:
            if name not in _OF_A_DESCRIPTOR:
                return name
            return f"{name}({_kind(place, int(arguments[0], 16))})"
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
