"""Conditions that a run of the suite can be put in: each is a command that runs another one.

They are made by setpriv(1), unshare(1), mount(8), prlimit(1) and taskset(1), of util-linux, and by
libseccomp (tests.platforms.refusing).  Most take root.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

__all__ = ["CONDITIONS", "ROOT", "Condition", "parts", "refusal", "within"]

ROOT = Path(__file__).resolve().parents[2]

NOBODY = 65534  # the user and the group that own nothing, on most systems

# What a container has without further options: "Runtime privilege and Linux capabilities" in the
# manual of docker run.
CAPABILITIES = (
    "chown", "dac_override", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap",
    "net_bind_service", "net_raw", "sys_chroot", "mknod", "audit_write", "setfcap",
)  # fmt: skip

_NO_PROC = 'mount -t tmpfs -o mode=555 none /proc && exec "$@"'

# A /dev of its own, as a container has it.  That of the machine is often one file system for all,
# so nothing is added to it or removed from it: another one is put over it.
_OWN_DEV = """
place=$(mktemp -d) && mount -t tmpfs -o mode=755 none "$place" && mkdir "$place/pts" || exit
for name in null zero full random urandom tty ptmx; do
    touch "$place/$name" && mount --bind "/dev/$name" "$place/$name" || exit
done
mkdir "$place/mqueue" && mount -t mqueue none "$place/mqueue" || rmdir "$place/mqueue"
mount --bind /dev/pts "$place/pts" && ln -s /proc/self/fd "$place/fd" &&
mount --move "$place" /dev && rmdir "$place" || exit
"""

_NO_SHM = f'{_OWN_DEV} exec "$@"'

# A file system for shared memory of 64 MiB and a read-only /proc/sys, as a container has them.
_CONTAINER = f"""
{_OWN_DEV}
mkdir /dev/shm && mount -t tmpfs -o mode=1777,size=64m none /dev/shm &&
mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys && exec "$@"
"""

# The directory of a process stays on the file system below, so it is entered anew.
_READ_ONLY = """
mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && cd "$0" && exec "$@"
"""


class Condition(NamedTuple):
    """A condition.

    about: what it is.
    means: how it is made, in words.
    command: the words that stand before a command that is to be run in it.
    holds: a program in Python that fails where the condition does not hold, as far as that is not
        sure if the command runs.
    """

    about: str
    means: str
    command: tuple[str, ...]
    holds: str = ""


def _mounted(script: str, name: str = "sh") -> tuple[str, ...]:
    """Return a command that lets *script* mount something for the next one alone."""
    return ("unshare", "--mount", "sh", "-c", script, name)


_NO_GIL = """
import sys
if getattr(sys, "_is_gil_enabled", lambda: True)():
    sys.exit("this Python has a GIL")
"""

_PROCESSES = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")
_WORLD = (
    *("unshare", "--mount", "--ipc", *_PROCESSES[1:]),
    *("sh", "-c", _CONTAINER, "sh"),
)
_BOUNDS = "--bounding-set=-all," + ",".join(f"+{name}" for name in CAPABILITIES)
_FEW_CAPABILITIES = ("setpriv", "--inh-caps=-all", _BOUNDS)
_FILTER = (sys.executable, "-m", "tests.platforms.refusing")

# setpriv(1) itself keeps its capabilities until it starts a program, so it could start one that
# this user cannot.
_ORDINARY = (
    "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--reset-env",
    "sh", "-c", 'exec "$@"', "sh",
)  # fmt: skip


def _processor() -> str:
    """Return the number of a processor that this process may use."""
    return str(min(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else "0"


# In the order in which they are nested. To mount something comes before the filter that refuses it,
# the filter before the capabilities that it takes, what takes the rights of root after all that
# needs them, and a variable after what clears the environment.
CONDITIONS = {
    "root": Condition("as root, nothing taken away", "-", ()),
    "no-proc": Condition("no /proc", "an empty file system over it", _mounted(_NO_PROC)),
    "no-shm": Condition(
        "no /dev/shm",
        "another /dev, without it",
        _mounted(_NO_SHM),
    ),
    "read-only": Condition(
        "a checkout that cannot be written to",
        "mount -o remount,bind,ro",
        _mounted(_READ_ONLY, str(ROOT)),
    ),
    "pid-1": Condition("pytest is process 1", "unshare --pid", _PROCESSES),
    "container": Condition(
        "root in a container, as a runtime makes one without further options",
        "unshare, another /dev with a /dev/shm of 64 MiB, a read-only /proc/sys, and the next two",
        (*_WORLD, *_FILTER, *_FEW_CAPABILITIES),
    ),
    "seccomp": Condition(
        "root, without the system calls that a container is refused",
        "libseccomp: tests/platforms/refusing.py",
        _FILTER,
    ),
    "capabilities": Condition(
        "root with the 14 capabilities of a container", "setpriv --bounding-set", _FEW_CAPABILITIES
    ),
    "descriptors-256": Condition(
        "256 descriptors, soft and hard limit", "prlimit --nofile", ("prlimit", "--nofile=256:256")
    ),
    "one-cpu": Condition("one processor", "taskset", ("taskset", "-c", _processor())),
    "user": Condition("an ordinary user", "setpriv --reuid --clear-groups --reset-env", _ORDINARY),
    # A free-threaded Python turns the lock on again for a module that does not declare that it can
    # do without: "Python support for free threading" in its manual.
    "no-gil": Condition(
        "no GIL, in a free-threaded Python", "PYTHON_GIL=0", ("env", "PYTHON_GIL=0"), _NO_GIL
    ),
}
"""By name.  Several make one, joined by "+": "container+user"."""


def parts(name: str) -> list[str]:
    """Return the conditions that *name* joins, in the order in which they are nested.

    Raises KeyError for one that there is not.
    """
    asked = name.split("+")
    if unknown := [part for part in asked if part not in CONDITIONS]:
        raise KeyError(f"there is no condition {unknown[0]}; there are {', '.join(CONDITIONS)}")
    return [part for part in CONDITIONS if part in asked]


def within(condition: str, command: Sequence[str]) -> list[str]:
    """Return *command* as it is run in *condition*."""
    root = os.geteuid() == 0
    before = [
        word
        for part in parts(condition)
        if root or part != "user"  # who is an ordinary user stays one
        for word in CONDITIONS[part].command
    ]
    return [*before, *command]


def refusal(condition: str, program: str) -> str | None:
    """Return why *condition* cannot be had here, in a line, or None.

    program: the interpreter that is to run there, with the packages of the suite.
    """
    if os.geteuid() and "root" in parts(condition):
        return "this user is not root"
    programs = [
        "import pytest, report.plugin",
        *(CONDITIONS[part].holds for part in parts(condition)),
    ]
    try:
        done = subprocess.run(
            within(condition, [program, "-c", "\n".join(programs)]),
            cwd=ROOT,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        return f"{error.filename}: {error.strerror}"
    if not done.returncode:
        return None
    lines = [line.strip() for line in done.stderr.splitlines()]
    said = [line for line in lines if line and not line.startswith("dmesg(1)")]  # as mount(8) ends
    fatal = [line for line in said if line.startswith("Fatal")]
    return (fatal or said or [f"exit status {done.returncode}"])[-1]
