"""The processes of a session: which they are, and what they hold or have used."""

import contextlib
import ctypes
import os
import stat
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)

_GETPID = 11  # <sys/sem.h>

# The columns that name the processes which used an object last: proc_sysvipc(5).
_USERS = {"msg": ("lspid", "lrpid"), "shm": ("cpid", "lpid"), "sem": ()}


@contextlib.contextmanager
def as_real_user() -> Iterator[None]:
    """Act as the real user for a while: he may see what the processes of the session have."""
    euid = os.geteuid()
    os.seteuid(os.getuid())
    try:
        yield
    finally:
        os.seteuid(euid)


def sysv() -> Iterator[tuple[str, dict[str, str]]]:
    """Yield (kind, columns) of each System V object: sysvipc(7), proc_sysvipc(5)."""
    for kind in ("msg", "sem", "shm"):
        with contextlib.suppress(OSError):
            head, *rows = Path("/proc/sysvipc", kind).read_text().splitlines()
            for row in rows:
                columns = dict(zip(head.split(), row.split(), strict=False))
                yield kind, columns | {"id": row.split()[1]}  # msqid, semid or shmid


@dataclass
class Holdings:
    """What processes have open or mapped.

    sockets: by "socket:[inode]", the links in /proc that lead to each.
    objects: (device, inode) of what has a path, and whether it was opened for writing.
    mapped: (path, inode) of what is mapped.
    """

    sockets: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    objects: dict[tuple[int, int], bool] = field(default_factory=dict)
    mapped: set[tuple[str, int]] = field(default_factory=set)

    def add(self, link: str) -> None:
        """Add what a link in /proc/PID/fd leads to."""
        target = os.readlink(link)
        if target.startswith("socket:"):
            self.sockets[target].append(link)
        elif target.startswith("/"):
            info = os.stat(link)
            # The mode of the link tells how the file was opened, proc_pid_fd(5).
            written = bool(os.lstat(link).st_mode & stat.S_IWUSR)
            identity = info.st_dev, info.st_ino
            self.objects[identity] = written or self.objects.get(identity, False)

    def add_mapping(self, line: str) -> None:
        """Add a line of /proc/PID/maps."""
        fields = line.split(None, 5)
        if len(fields) == 6 and fields[5].startswith("/"):
            self.mapped.add((fields[5], int(fields[4])))


def holds(held: tuple[str, list[str]]) -> bool:
    """Tell whether one of the links in /proc still leads to their target: (target, links)."""
    target, links = held
    with as_real_user():
        for link in links:
            with contextlib.suppress(OSError):
                if os.readlink(link) == target:
                    return True
    return False


class Session:
    """The processes that have the same leader, who is the caller of a transport.

    pids: those that were seen, also if they are no more.
    """

    def __init__(self, leader: int) -> None:
        self._leader = leader
        self.pids: set[int] = {leader}

    def processes(self) -> list[int]:
        """Return the processes that there are now."""
        found = []
        for entry in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                # Field 6 of proc_pid_stat(5); the second may hold spaces and brackets.
                if int(Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()[3]) == (
                    self._leader
                ):
                    found.append(int(entry))
        self.pids.update(found)
        return found

    def holdings(self) -> Holdings:
        """Return what these processes have open or mapped now."""
        found = Holdings()
        with as_real_user():
            for pid in self.processes():
                with contextlib.suppress(OSError):
                    for fd in os.listdir(f"/proc/{pid}/fd"):
                        with contextlib.suppress(OSError):
                            found.add(f"/proc/{pid}/fd/{fd}")
                    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
                        found.add_mapping(line)
        return found

    def used(self, kind: str, columns: dict[str, str]) -> bool:
        """Tell whether a process of the session was the last to use a System V object."""
        users = {int(columns[name]) for name in _USERS[kind]}
        if kind == "sem":
            with as_real_user():
                for number in range(int(columns["nsems"])):
                    users.add(int(_LIBC.semctl(int(columns["id"]), number, _GETPID)))
        return bool(users & self.pids)
