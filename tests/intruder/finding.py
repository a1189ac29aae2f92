"""How the intruder finds what a transport has made.

It looks where every user can look: /proc/net, /proc/sysvipc, the directory of POSIX queues, and
shared directories.  It reports only what is new since it began to watch, and belongs to the
session of the transport's caller.  What another program makes meanwhile is not reported.

- In directories that only the trial uses: everything.
- In shared directories: what the trial has made, or what a process of the session has open.
- Sockets: those that a process of the session has open.
- Queues, segments and semaphores: all, if the trial has an IPC namespace of its own.
  Otherwise those that a process of the session has open, or was the last to use.
"""

import contextlib
import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from tests.intruder.paths import FileObject, Places
from tests.intruder.session import Holdings, OpenSocket, Session
from tests.system.objects import system_v_objects

_LISTENING, _UDP_BOUND = "0A", "07"  # the column st of /proc/net/tcp and udp, proc_net(5)

# The tables of internet sockets: the table, the kind of its sockets, and the state of those that
# others can send to.
_INTERNET = (
    ("tcp", "tcp", _LISTENING),
    ("tcp6", "tcp", _LISTENING),
    ("udp", "udp", _UDP_BOUND),
    ("udp6", "udp", _UDP_BOUND),
)

_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - how to reach who listens on all

_MEMORY = "/dev/shm"  # noqa: S108 - where Linux has shared memory and semaphores, shm_overview(7)

_ENTERED_LIMIT = 50  # entries of a report: more would not tell more


class Found(NamedTuple):
    """Something that a transport has made.

    kind: one of tests.system.objects.FILE_KINDS or SYSTEM_V_KINDS, or "tcp", "udp", "abstract"
        (a Unix socket with an abstract address, unix(7)) or "mqueue" (a POSIX queue).
    name: what a report calls it.
    address: what the system knows it by: a FileObject, an id, or the address of a socket.
    """

    kind: str
    name: str
    address: Any = None


@dataclass
class Record:
    """What the intruder reports of its work.

    attempts: how many single actions it has tried.
    entered: what it was allowed to do, as "ACTION KIND NAME".
    seen: all that it has found.
    """

    attempts: int = 0
    entered: list[str] = field(default_factory=list)
    seen: set[Found] = field(default_factory=set)

    def enter(self, action: str, found: Found) -> None:
        """Note that the system allowed *action*."""
        what = f"{action} {found.kind} {found.name}"
        if len(self.entered) < _ENTERED_LIMIT and what not in self.entered:
            self.entered.append(what)


def identity_of(info: os.stat_result) -> tuple[int, int]:
    """Return what no other file has at the same time."""
    return info.st_dev, info.st_ino


def _is_held(thing: FileObject, holdings: Holdings) -> bool:
    """Tell whether a process of the session has this entry of a shared directory open or mapped.

    A regular file that is open for reading only may be another program's.  Shared memory is not:
    it too may be open for reading only.
    """
    if thing.kind == "directory":
        return False
    written = holdings.objects.get(thing.identity)
    memory = thing.place == _MEMORY
    if written is None:
        return memory and (thing.path, thing.inode) in holdings.mapped
    return written or memory or thing.kind != "file"


class Search:
    """Looks for what a transport has made.

    sockets: who has the sockets open that were found.
    inner_names: names that were seen inside of directories.
    """

    def __init__(self, spec: dict[str, Any], queues: Path | None, record: Record) -> None:
        self._session = Session(spec["session"])
        self._private: list[str] = spec["private"]
        self._shared: list[str] = spec["shared"]
        self._alone: bool = spec["alone"]
        self._owner = os.getuid()
        self._record = record
        self._present: set[Found] = set()
        self._present_sockets: set[str] = set()
        self.places = Places(self._private, self._shared)
        self.queues = queues
        self.sockets: dict[Found, OpenSocket] = {}
        self.inner_names: set[str] = set()

    def ignore_present(self) -> None:
        """Leave out from now on what exists now."""
        self._present = set(self._all(None, []))
        self._present_sockets = set(self._session.holdings().sockets)

    def look(self, made: list[str]) -> list[Found]:
        """Return what the transport has now, the innermost first, and directories last.

        made: paths in shared directories that the trial has made itself.
        """
        self.places.names.clear()
        found = list(set(self._all(self._session.holdings(), made)) - self._present)
        # An attack on a directory could make what is in it unreachable.
        found.sort(key=lambda entry: (entry.kind == "directory", -entry.name.count("/")))
        self._record.seen.update(found)
        return found

    def _all(self, holdings: Holdings | None, made: list[str]) -> Iterator[Found]:
        """Yield what there is and belongs to the session; None: whomever it belongs to."""
        # The kernel takes milliseconds to write these tables: read them for a new socket only.
        if holdings is None or holdings.sockets.keys() - self._present_sockets:
            for table, kind, state in _INTERNET:
                yield from self._internet(table, kind, state, holdings)
            yield from self._unix(holdings)
        for thing in system_v_objects():
            if thing.owner == self._owner and (
                holdings is None or self._alone or self._session.used(thing)
            ):
                yield Found(thing.kind, f"id {thing.id}", thing.id)
        yield from self._posix_queues(holdings)
        for place in self._private:
            yield from self._files(self.places.top(place), holdings)
        for place in self._shared:
            yield from self._files(self._of_session(place, holdings, made), holdings)

    def _posix_queues(self, holdings: Holdings | None) -> Iterator[Found]:
        if self.queues is None:
            return
        with contextlib.suppress(OSError):
            for name in os.listdir(self.queues):
                info = os.lstat(os.path.join(str(self.queues), name))
                identity = identity_of(info)
                if info.st_uid == self._owner and (
                    holdings is None or self._alone or identity in holdings.objects
                ):
                    yield Found("mqueue", "/" + name, identity)

    def _of_session(
        self, place: str, holdings: Holdings | None, made: list[str]
    ) -> Iterator[FileObject]:
        """Yield what is in a shared directory and belongs to the session."""
        for thing in self.places.top(place):
            if holdings is None or thing.path in made or _is_held(thing, holdings):
                yield thing

    def _files(self, things: Iterator[FileObject], holdings: Holdings | None) -> Iterator[Found]:
        for thing in things:
            found = Found(thing.kind, thing.path, thing)
            if thing.owner == self._owner:
                yield found
                new = found not in self._present and holdings is not None
                if found.kind == "directory" and new:
                    with contextlib.suppress(OSError):
                        yield from self._below(found)

    def _below(self, directory: Found) -> Iterator[Found]:
        below = list(self.places.inside(directory.address))
        self._record.enter("list", directory)
        for thing in below:
            self.inner_names.add(os.path.basename(thing.name))
            if thing.owner == self._owner:
                yield Found(thing.kind, thing.path, thing)

    def _internet(
        self, table: str, kind: str, state: str, holdings: Holdings | None
    ) -> Iterator[Found]:
        with contextlib.suppress(OSError):
            for row in Path("/proc/net", table).read_text().splitlines()[1:]:
                fields = row.split()  # proc_net(5): 1 local address, 3 state, 9 inode
                inode = f"socket:[{fields[9]}]"
                if fields[3] != state or (holdings is not None and inode not in holdings.sockets):
                    continue
                family, address, port = _parse_address(fields[1])
                target = _LOOPBACK.get(address, address)
                found = Found(
                    kind, f"{address} port {port} inode {fields[9]}", (int(family), target, port)
                )
                if holdings is not None:
                    self.sockets[found] = OpenSocket(inode, holdings.sockets[inode])
                yield found

    def _unix(self, holdings: Holdings | None) -> Iterator[Found]:
        with contextlib.suppress(OSError):
            text = Path("/proc/net/unix").read_bytes().decode(errors="surrogateescape")
            for row in text.split("\n")[1:]:
                fields = row.split(None, 7)  # proc_net(5): 6 inode, 7 path, if it has one
                inode = f"socket:[{fields[6]}]" if len(fields) == 8 else ""
                if not inode or (holdings is not None and inode not in holdings.sockets):
                    continue
                found = self._unix_socket(fields[7])
                if found is None:
                    continue
                if holdings is not None:
                    self.sockets[found] = OpenSocket(inode, holdings.sockets[inode])
                yield found

    def _unix_socket(self, path: str) -> Found | None:
        """Return the socket with this address; None if its file is not there or another user's."""
        if path.startswith("@"):  # @ stands for each zero byte, proc_net(5)
            return Found("abstract", path, "\0" + path[1:])
        thing = self.places.locate(path)
        if thing is None or (thing.kind, thing.owner) != ("socket", self._owner):
            return None
        return Found("socket", thing.path, thing)


def _parse_address(text: str) -> tuple[socket.AddressFamily, str, int]:
    """Return family, address and port of an address in proc_net(5): words in hex, host order."""
    word, port = text.split(":")
    raw = b"".join(struct.pack("=I", int(word[i : i + 8], 16)) for i in range(0, len(word), 8))
    family = socket.AF_INET if len(raw) == 4 else socket.AF_INET6
    return family, socket.inet_ntop(family, raw), int(port, 16)
