"""How many workers a run can have here, by the limits of the system.

Some clauses use hundreds of workers.  A container or an ordinary user may have fewer descriptors
or processes than that.  A transport that fails there is not wrong, so the clause uses as many
workers as the limits allow.
"""

import errno
import os
import resource
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.harness import Message
from tests.harness.report import note

# Descriptors that a transport may have open at once in its caller for each worker: a pidfd, and
# both ends of a pipe before it closes one. One more is spare.
_DESCRIPTORS_EACH = 4
_DESCRIPTORS_BESIDE = 64  # for the interpreter, for the suite and for the run as a whole
_PROCESSES_BESIDE = 16  # for the suite, and for helpers that a transport starts beside its workers

_SYS_ADMIN, _SYS_RESOURCE = 21, 24  # <linux/capability.h>
_ALL_IDS = ["0", "0", "4294967295"]  # uid_map of the initial namespace, user_namespaces(7)

# Bytes of /dev/shm with which no clause runs out of shared memory; containers have 64 MiB by
# default.
_AMPLE = 128 << 20


class Room(NamedTuple):
    """How many workers a limit allows, and that limit in words."""

    workers: int
    limit: str

    def __str__(self) -> str:
        return f"{self.limit} leaves room for {max(0, self.workers)} workers"


def by_descriptors(hard: int) -> Room:
    """Return how many workers *hard* descriptors in the caller allow."""
    workers = (hard - _DESCRIPTORS_BESIDE) // _DESCRIPTORS_EACH
    return Room(workers, f"RLIMIT_NOFILE {hard}")


def by_processes(most: int, used: int, limit: str) -> Room:
    """Return how many workers a limit of *most* processes allows, *used* of which exist."""
    return Room(most - used - _PROCESSES_BESIDE, f"{limit} {most}, with {used} in use,")


def exempt(status: str, uid_map: str) -> bool:
    """Tell whether the kernel does not enforce RLIMIT_NPROC for a process, setrlimit(2).

    Root is exempt, and so is a process with CAP_SYS_ADMIN or CAP_SYS_RESOURCE.  Inside a user
    namespace neither counts.

    status, uid_map: what these files in /proc/self hold.
    """
    fields = _fields(status)
    if uid_map.split() != _ALL_IDS:
        return False
    able = int(fields.get("CapEff", "0"), 16) & (1 << _SYS_ADMIN | 1 << _SYS_RESOURCE)
    return bool(able) or fields["Uid"].split()[0] == "0"


def _fields(status: str) -> dict[str, str]:
    """Return what a file /proc/PID/status holds, proc_pid_status(5)."""
    pairs = (line.partition(":") for line in status.splitlines())
    return {name: value.strip() for name, _, value in pairs}


def threads_of(uid: int, proc: str = "/proc") -> int:
    """Return the number of threads of the user *uid*: this is what RLIMIT_NPROC counts on Linux."""
    if not Path(proc, "self", "status").exists():
        return Counter(_every_uid())[uid]
    count = 0
    for path in Path(proc).glob("[0-9]*/status"):
        try:
            fields = _fields(path.read_text(errors="replace"))
        except OSError:  # it has ended
            continue
        if fields["Uid"].split()[0] == str(uid):
            count += int(fields["Threads"])
    return count


def _every_uid() -> list[int]:
    """Return the user of each process, where there is no /proc."""
    command = ["ps", "-A", "-o", "ruid="]
    listing = subprocess.run(command, capture_output=True, check=True)
    return [int(uid) for uid in listing.stdout.split()]


def cgroup_limits(
    own: str = "/proc/self/cgroup", mounted: str = "/sys/fs/cgroup"
) -> Iterator[tuple[int, int]]:
    """Yield (limit, processes in use) of each cgroup of this process: cgroups(7).

    The limit of a cgroup also holds for those below it, so all cgroups on the path are read.
    /proc/self/cgroup has the path, in a line "0::PATH" in version 2 and "N:pids:PATH" in version 1.
    """
    try:
        lines = Path(own).read_text().splitlines()
    except OSError:  # this is not Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "pids" not in controllers.split(","):
            continue
        root = Path(mounted, "pids" if controllers else "")
        place = root / path.lstrip("/")
        for cgroup in (place, *(p for p in place.parents if p.is_relative_to(root))):
            try:
                most = (cgroup / "pids.max").read_text().strip()
                used = int((cgroup / "pids.current").read_text())
            except OSError:  # the root cgroup has neither file
                continue
            if most != "max":
                yield int(most), used


def _limits() -> Iterator[Room]:
    """Yield how many workers each limit allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        yield by_descriptors(hard)
    _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    if hard != resource.RLIM_INFINITY and not _exempt_here():
        yield by_processes(hard, threads_of(os.getuid()), "RLIMIT_NPROC")
    for most, used in cgroup_limits():
        yield by_processes(most, used, "pids.max")


def _exempt_here() -> bool:
    try:
        return exempt(Path("/proc/self/status").read_text(), Path("/proc/self/uid_map").read_text())
    except OSError:
        return False


def smallest(wanted: int, rooms: Iterable[Room]) -> Room:
    """Return the smallest of *rooms*, or one for *wanted* workers if none is smaller."""
    return min([Room(wanted, ""), *rooms], key=lambda room: room.workers)


def workers(transport: str, clause: str, wanted: int, least: int) -> int:
    """Return *wanted*, or fewer workers if the limits allow no more, which is noted in the report.

    Skip the test if they allow fewer than *least*, with which the clause would test nothing.
    """
    room = smallest(wanted, _limits())
    if room.workers < least:
        pytest.skip(f"{room}; the clause needs {least}")
    if room.workers < wanted:
        note(transport, clause, f"with {room.workers} workers, not {wanted}: {room}")
    return room.workers


def shared_memory(place: str = "/dev/shm") -> int | None:  # noqa: S108 - only looked at
    """Return the free bytes of shared memory, or None where it is not a file system."""
    try:
        found = os.statvfs(place)
    except OSError:
        return None
    return found.f_bavail * found.f_frsize


def too_little_memory(calls: Iterable[Message], free: int | None) -> str | None:
    """Return the reason if *calls* failed because shared memory was full, or else None.

    free: its free bytes before the calls.
    """
    if free is None or free >= _AMPLE:
        return None
    for call in calls:
        text = call.get("text", "")
        if os.strerror(errno.ENOSPC) in text or "ENOSPC" in text:
            return f"shared memory has {free >> 20} MiB free: {text}"
    return None
