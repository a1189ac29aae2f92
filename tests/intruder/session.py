"""The processes of a session: which they are, and what they have open or have used.

A session is made by setsid(2).  The caller of a transport leads one, and its workers are in it.
"""

import contextlib
import ctypes
import os
import stat
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tests.system import processes
from tests.system.objects import SystemVObject

_LIBC = ctypes.CDLL(None, use_errno=True)

_GETPID = 11  # <sys/sem.h>: the process that changed a semaphore last, semctl(2)

# The columns that name the processes which used an object last: proc_sysvipc(5).
_USERS = {"msg": ("lspid", "lrpid"), "shm": ("cpid", "lpid"), "sem": ()}


@contextlib.contextmanager
def as_real_user() -> Iterator[None]:
    """Act as the real user for a while: it may read what the processes of the session have open."""
    euid = os.geteuid()
    os.seteuid(os.getuid())
    try:
        yield
    finally:
        os.seteuid(euid)


class OpenSocket(NamedTuple):
    """A socket that processes of the session have open.

    inode: as the links in /proc/PID/fd show it, "socket:[NUMBER]".
    links: the paths of these links.
    """

    inode: str
    links: list[str]

    def is_open(self) -> bool:
        """Tell whether one of the links still leads to this socket."""
        with as_real_user():
            for link in self.links:
                with contextlib.suppress(OSError):
                    if os.readlink(link) == self.inode:
                        return True
        return False


@dataclass
class Holdings:
    """What processes have open or mapped.

    sockets: by "socket:[NUMBER]", the links in /proc/PID/fd that lead to each.
    objects: by (device, inode) of what has a path, whether it was opened for writing.
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
        fields = line.split(None, 5)  # five fields and the path, proc_pid_maps(5)
        if len(fields) == 6 and fields[5].startswith("/"):
            self.mapped.add((fields[5], int(fields[4])))


class Session:
    """The processes that have the same leader: the caller of a transport.

    pids: all that were seen, also those that have ended.
    """

    def __init__(self, leader: int) -> None:
        self._leader = leader
        self.pids: set[int] = {leader}

    def holdings(self) -> Holdings:
        """Return what these processes have open or mapped now."""
        found = Holdings()
        with as_real_user():
            running = [process.pid for process in processes.of_session(self._leader)]
            self.pids.update(running)
            for pid in running:
                with contextlib.suppress(OSError):
                    for fd in os.listdir(f"/proc/{pid}/fd"):
                        with contextlib.suppress(OSError):
                            found.add(f"/proc/{pid}/fd/{fd}")
                    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
                        found.add_mapping(line)
        return found

    def used(self, thing: SystemVObject) -> bool:
        """Tell whether a process of the session was the last to use a System V object."""
        users = {int(thing.columns[name]) for name in _USERS[thing.kind]}
        if thing.kind == "sem":
            with as_real_user():
                for number in range(int(thing.columns["nsems"])):
                    users.add(int(_LIBC.semctl(thing.id, number, _GETPID)))
        return bool(users & self.pids)
