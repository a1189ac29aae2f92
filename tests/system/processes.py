"""Processes of this machine, as /proc shows them.

Where there is no /proc, as on macOS, `marked` asks ps(1), and there are no other details.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_PROC = os.path.exists("/proc/self/environ")

MARK = "IPC_CONFORMANCE_TRIAL"
"""An environment variable: its value is another one in each trial that shares the machine."""

TICKS = os.sysconf("SC_CLK_TCK")  # in a second: the unit of times in /proc/PID/stat

GONE = "X"  # the state of a process that does not exist: proc_pid_stat(5) has X for "dead"
RUNNABLE = "RD"  # on a processor or waiting for one; in a system call that cannot be interrupted
STOPPED = "Tt"  # by a signal; by a tracer
ENDED = "ZX"  # a zombie, which its parent has not reaped yet; gone


class Stat(NamedTuple):
    """Fields of /proc/PID/stat under their names in proc_pid_stat(5); times in TICKS.

    cutime, cstime: the times of the children that it has reaped.
    """

    pid: int
    state: str
    ppid: int
    session: int
    utime: int
    stime: int
    cutime: int
    cstime: int

    @property
    def ticks(self) -> int:
        """Return the CPU time of the process: TICKS are a second."""
        return self.utime + self.stime


def fields(place: str) -> list[str]:
    """Return the fields of the file stat in *place*, such as /proc/PID, from the third one on."""
    text = Path(place, "stat").read_text(errors="replace")
    # Field 2, the name in brackets, may itself contain spaces and brackets.
    return text.rpartition(")")[2].split()


def stat(pid: int, proc: str = "/proc") -> Stat | None:
    """Return the fields of /proc/PID/stat, or None if there is no such process.

    proc: where the file system of another pid namespace is to be found.
    """
    try:
        third, fourth, _, sixth, *rest = fields(f"{proc}/{pid}")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return Stat(pid, third, int(fourth), int(sixth), *map(int, rest[7:11]))  # fields 14 to 17


def state(pid: int, proc: str = "/proc") -> str:
    """Return the state of a process: one letter of proc_pid_stat(5), GONE if it does not exist."""
    found = stat(pid, proc)
    return GONE if found is None else found.state


def sleeps(tasks: str) -> int | None:
    """Return how often the threads of a process have gone to sleep; None if that is not to be seen.

    tasks: the path of its /proc/PID/task; see voluntary_ctxt_switches in proc_pid_status(5).
    """
    count = 0
    try:
        for tid in os.listdir(tasks):
            for line in Path(f"{tasks}/{tid}/status").read_text(errors="replace").splitlines():
                if line.startswith("voluntary_ctxt_switches:"):
                    count += int(line.split()[1])
    except OSError:  # it has ended; no /proc
        return None
    return count


def pids() -> list[int]:
    """Return the pids of all processes; none where there is no /proc."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()] if _PROC else []


def of_session(leader: int) -> Iterator[Stat]:
    """Yield the processes of the session that the process *leader* has started: setsid(2)."""
    for pid in pids():
        with contextlib.suppress(OSError):  # hidepid, proc(5)
            if (found := stat(pid)) is not None and found.session == leader:
                yield found


def children(parent: int) -> list[int]:
    """Return the children of a process, also those that have ended and were not reaped."""
    found = []
    for pid in pids():
        with contextlib.suppress(OSError):  # hidepid, proc(5)
            if (seen := stat(pid)) is not None and seen.ppid == parent:
                found.append(pid)
    return found


def marked(mark: bytes) -> list[int]:
    """Return the processes that were started with *mark*, NAME=VALUE, in their environment.

    A forked process has its parent's mark, whatever either has done to os.environ.
    """
    if not _PROC:
        import subprocess  # noqa: PLC0415 - see tests.scenarios.preloaded

        command = ["ps", "-axEww", "-o", "pid=,command="]
        listing = subprocess.run(command, capture_output=True, check=True).stdout
        return [int(line.split()[0]) for line in listing.splitlines() if mark in line]
    found = []
    for pid in pids():
        with contextlib.suppress(OSError):  # it has ended, or is another user's
            if mark in Path(f"/proc/{pid}/environ").read_bytes():
                found.append(pid)
    return found


def mark_of(pid: int) -> bytes | None:
    """Return MARK=VALUE, if the process was started with it in its environment."""
    try:
        entries = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:  # it has ended, or is another user's
        return None
    return next((entry for entry in entries if entry.startswith(f"{MARK}=".encode())), None)


def hears(status: str, number: int) -> bool:
    """Tell whether a process handles a signal, and does not block it.

    status: the path of its /proc/PID/status.
    """
    masks, bit = _signal_masks(status), 1 << (number - 1)
    return bool(masks.get("SigCgt", 0) & bit) and not masks.get("SigBlk", 0) & bit


def outlives(status: str, number: int) -> bool:
    """Tell whether a process blocks, ignores or handles a signal, so that it does not die of it.

    status: the path of its /proc/PID/status.
    """
    return any(mask & 1 << (number - 1) for mask in _signal_masks(status).values())


def _signal_masks(status: str) -> dict[str, int]:
    """Return the signals that a process blocks, ignores and handles: proc_pid_status(5)."""
    try:
        lines = Path(status).read_text(errors="replace").splitlines()
    except OSError:
        return {}
    kept = ("SigBlk", "SigIgn", "SigCgt")
    return {line[:6]: int(line.split(":\t", 1)[1], 16) for line in lines if line[:6] in kept}
