"""The stranger: a process that strikes at whatever a running transport lets it find.

It is started by `tests.harness.intrusion` as ``python -m tests.intruder JSON``, reads requests from
its standard input and answers each, in lines of JSON.  It looks where every user can look:
/proc/net, /proc/sysvipc, POSIX queues and shared directories.  It strikes at what is new
since it began to watch and is proven to belong to the session of the transport's caller: what
a neighbour makes in the meantime is left alone, and so is what a link leads to (see
tests.intruder.paths).

- Private directories are the trial's, with all that is in them.
- In shared ones, what the trial has made or a process of the session holds.
- Sockets that a process of the session holds, as long as it does.
- In an IPC namespace of the trial's own, all queues, segments and semaphores; elsewhere, those
  that a process of the session holds, or was the last to use.

Started by root, it can act as another user: only the effective uid counts for what a process
may open, send to or remove (credentials(7)), so it keeps the real one to tell whose is what.
"""

import contextlib
import ctypes
import errno
import fcntl
import json
import os
import random
import resource
import select
import socket
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.intruder.paths import KINDS as PATHS
from tests.intruder.paths import Places, Thing
from tests.intruder.payloads import VALUE, bombs, garbage, halves
from tests.intruder.session import Holdings, Session, holds, sysv
from tests.system import namespaces
from tests.system.resources import mount_queues

_LIBC = ctypes.CDLL(None, use_errno=True)

_CONNECTIONS = 500

_LISTENING, _UDP_BOUND = "0A", "07"  # the column st of /proc/net/tcp and udp, proc_net(5)

_IPC_NOWAIT = 0o4000  # <sys/ipc.h>
_IPC_RMID, _IPC_SET, _IPC_STAT = 0, 1, 2
_MODE, _QBYTES = 20, 88  # offsets in struct msqid_ds, of 64 bits: <bits/types/struct_msqid_ds.h>

_UNIX = (socket.SOCK_STREAM, socket.SOCK_SEQPACKET, socket.SOCK_DGRAM)

_MEMORY = "/dev/shm"  # noqa: S108 - where Linux has shared memory and semaphores, shm_overview(7)

REMOTE = ("tcp", "udp")  # where anybody on this machine may knock

KINDS = (
    "garbage", "half", "bomb", "replay", "take", "alter", "remove", "deny", "link", "lay", "jam",
    "middle", "silence", "flood",
)  # fmt: skip


class Find(NamedTuple):
    """Something that a transport has made: its kind, its name, and its address, id or Thing."""

    kind: str
    name: str
    address: Any = None


@contextlib.contextmanager
def queues() -> Iterator[Path | None]:
    """Give the directory of POSIX queues, or None where it cannot be had; tidy up behind."""
    place = mount_queues()
    try:
        yield place
    finally:
        if place is not None and place != Path("/dev/mqueue"):
            _LIBC.umount2(str(place).encode(), 2)  # MNT_DETACH
            with contextlib.suppress(OSError):
                os.rmdir(place)


def _identity(info: os.stat_result) -> tuple[int, int]:
    return info.st_dev, info.st_ino


def _held(thing: Thing, theirs: Holdings) -> bool:
    """Tell whether what lies in a shared directory is held by a process of the session.

    A file that is open for reading alone may be anybody's, but for shared memory.
    """
    if thing.kind == "directory":
        return False
    written = theirs.objects.get(thing.identity)
    memory = thing.place == _MEMORY
    if written is None:
        return memory and (thing.path, thing.inode) in theirs.mapped
    return written or memory or thing.kind != "file"


class Stranger:
    """What it knows, what it holds open, and what it has laid."""

    def __init__(self, spec: dict[str, Any], messages: Path | None) -> None:
        self.session = Session(spec["session"])
        self.private: list[str] = spec["private"]
        self.shared: list[str] = spec["shared"]
        self.alone: bool = spec["ipc"] is not None  # with the trial, in an IPC namespace
        self.marker: str = spec["marker"]
        self.canary: str = spec["canary"]
        self.owner = os.getuid()
        self.places = Places(self.private, self.shared)
        self.messages = messages
        self.before: set[Find] = set()
        self.usual: set[str] = set()
        self.held: list[int | socket.socket] = []
        self.holders: dict[Find, tuple[str, list[str]]] = {}  # see holds()
        self.listeners: dict[int, tuple[socket.socket | None, Find]] = {}
        self.stolen: list[bytes] = []
        self.inner: set[str] = set()  # names seen inside of private directories
        self.tried = 0
        self.entered: list[str] = []
        self.seen: set[Find] = set()

    # -- looking --------------------------------------------------------------------------

    def look(self, made: list[str]) -> list[Find]:
        """Return what the transport has now, outermost first, and directories last.

        made: paths in shared directories that the trial has made itself.
        """
        self.places.names.clear()
        found = list(set(self._all(self.session.holdings(), made)) - self.before)
        # A directory that is struck first would hide what is in it.
        found.sort(key=lambda find: (find.kind == "directory", -find.name.count("/")))
        self.seen.update(found)
        return found

    def watch(self) -> None:
        """Take all that there is now for old."""
        self.before = set(self._all(None, []))
        self.usual = set(self.session.holdings().sockets)

    def _all(self, theirs: Holdings | None, made: list[str]) -> Iterator[Find]:
        # The kernel takes milliseconds to write these tables: only where there is a new socket.
        if theirs is None or theirs.sockets.keys() - self.usual:
            for table, kind, state in (
                ("tcp", "tcp", _LISTENING),
                ("tcp6", "tcp", _LISTENING),
                ("udp", "udp", _UDP_BOUND),
                ("udp6", "udp", _UDP_BOUND),
            ):
                yield from self._internet(table, kind, state, theirs)
            yield from self._unix(theirs)
        for kind, columns in sysv():
            ident = columns["id"]
            if int(columns["uid"]) == self.owner and (
                theirs is None or self.alone or self.session.used(kind, columns)
            ):
                yield Find(kind, f"{kind} {ident}", int(ident))
        yield from self._messages(theirs)
        for place in self.private:
            yield from self._files(self.places.top(place), theirs)
        for place in self.shared:
            yield from self._files(self._proven(place, theirs, made), theirs)

    def _messages(self, theirs: Holdings | None) -> Iterator[Find]:
        if self.messages is None:
            return
        with contextlib.suppress(OSError):
            for name in os.listdir(self.messages):
                info = os.lstat(os.path.join(str(self.messages), name))
                identity = _identity(info)
                if info.st_uid == self.owner and (
                    theirs is None or self.alone or identity in theirs.objects
                ):
                    yield Find("mqueue", "/" + name, identity)

    def _proven(self, place: str, theirs: Holdings | None, made: list[str]) -> Iterator[Thing]:
        """Yield what is in a directory that all share, and belongs to the session."""
        for thing in self.places.top(place):
            if theirs is None or thing.path in made or _held(thing, theirs):
                yield thing

    def _files(self, things: Iterator[Thing], theirs: Holdings | None) -> Iterator[Find]:
        for thing in things:
            find = Find(thing.kind, thing.path, thing)
            if thing.owner == self.owner:
                yield find
                if find.kind == "directory" and find not in self.before and theirs is not None:
                    with contextlib.suppress(OSError):
                        yield from self._inside(find)

    def _inside(self, find: Find) -> Iterator[Find]:
        below = list(self.places.inside(find.address))
        self._enter("list", find)
        for thing in below:
            self.inner.add(os.path.basename(thing.name))
            if thing.owner == self.owner:
                yield Find(thing.kind, thing.path, thing)

    def _internet(
        self, table: str, kind: str, state: str, theirs: Holdings | None
    ) -> Iterator[Find]:
        with contextlib.suppress(OSError):
            for row in Path("/proc/net", table).read_text().splitlines()[1:]:
                fields = row.split()
                inode = f"socket:[{fields[9]}]"
                if fields[3] != state or (theirs is not None and inode not in theirs.sockets):
                    continue
                word, port = fields[1].split(":")
                raw = b"".join(
                    struct.pack("=I", int(word[i : i + 8], 16)) for i in range(0, len(word), 8)
                )
                family = socket.AF_INET if len(raw) == 4 else socket.AF_INET6
                address = socket.inet_ntop(family, raw)
                target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104
                name = f"{address} port {int(port, 16)} inode {fields[9]}"
                find = Find(kind, name, (int(family), target, int(port, 16)))
                if theirs is not None:
                    self.holders[find] = inode, theirs.sockets[inode]
                yield find

    def _unix(self, theirs: Holdings | None) -> Iterator[Find]:
        with contextlib.suppress(OSError):
            text = Path("/proc/net/unix").read_bytes().decode(errors="surrogateescape")
            for row in text.split("\n")[1:]:
                fields = row.split(None, 7)
                inode = f"socket:[{fields[6]}]" if len(fields) == 8 else ""
                if not inode or (theirs is not None and inode not in theirs.sockets):
                    continue
                path = fields[7]
                if path.startswith("@"):  # @ stands for each zero byte, proc_net(5)
                    find = Find("abstract", path, "\0" + path[1:])
                else:
                    thing = self.places.locate(path)
                    if thing is None or (thing.kind, thing.owner) != ("socket", self.owner):
                        continue
                    find = Find("socket", thing.path, thing)
                if theirs is not None:
                    self.holders[find] = inode, theirs.sockets[inode]
                yield find

    # -- single intrusions ----------------------------------------------------------------

    def _enter(self, how: str, find: Find) -> None:
        what = f"{how} {find.kind} {find.name}"
        if len(self.entered) < 50 and what not in self.entered:
            self.entered.append(what)

    def _connect(self, find: Find) -> socket.socket | None:
        """Connect to a socket that was found; return None if it is the session's no more."""
        if find.kind == "socket":
            with self.places.pin(find.address) as pinned:
                return self._reach(find, socket.AF_UNIX, pinned.path("socket"), *_UNIX)
        if find.kind == "abstract":
            return self._reach(find, socket.AF_UNIX, find.address, *_UNIX)
        kind = socket.SOCK_STREAM if find.kind == "tcp" else socket.SOCK_DGRAM
        return self._reach(find, find.address[0], find.address[1:], kind)

    def _reach(
        self, find: Find, family: int, address: Any, *kinds: socket.SocketKind
    ) -> socket.socket | None:
        for kind in kinds:
            connection = socket.socket(family, kind)
            connection.setblocking(False)
            code = connection.connect_ex(address)
            if code == errno.EINPROGRESS:
                poller = select.poll()
                poller.register(connection, select.POLLOUT)
                code = 0 if poller.poll(20) else errno.ETIMEDOUT
            # An address may have passed to another program; nothing has been sent so far.
            if code == 0 and (find not in self.holders or holds(self.holders[find])):
                return connection
            connection.close()
            if code != errno.EPROTOTYPE:
                break
        return None

    def _open(self, find: Find, flags: int) -> int:
        with self.places.pin(find.address) as pinned:
            return pinned.open(flags)

    def _queue(self, find: Find, flags: int) -> int:
        fd = int(_LIBC.mq_open(find.name.encode(), flags | os.O_NONBLOCK))
        if fd < 0:
            raise OSError(ctypes.get_errno(), "mq_open")
        if _identity(os.fstat(fd)) != find.address:
            os.close(fd)
            raise OSError(errno.ESTALE, "is another queue now", find.name)
        return fd

    def give(self, find: Find, data: bytes, *, hold: bool = False) -> bool:
        """Bring *data* into what was found; return whether anything of it got in."""
        self.tried += 1
        done = False
        with contextlib.suppress(OSError):
            if find.kind in ("tcp", "udp", "abstract", "socket"):
                connection = self._connect(find)
                if connection is None:
                    return False
                done = True
                with contextlib.suppress(OSError):
                    connection.send(data)
                if hold:
                    self.held.append(connection)
                else:
                    connection.close()
            elif find.kind in ("fifo", "file"):
                fd = self._open(find, os.O_WRONLY)
                done = True
                if hold:
                    self.held.append(fd)
                try:
                    os.write(fd, data)
                finally:
                    if not hold:
                        os.close(fd)
            elif find.kind == "msg":
                done = self._msgsnd(find.address, data)
            elif find.kind == "mqueue":
                fd = self._queue(find, os.O_WRONLY)
                done = True
                _LIBC.mq_send(fd, data[:8192], ctypes.c_size_t(min(len(data), 8192)), 0)
                os.close(fd)
            elif find.kind == "shm":
                done = self._shmat(find.address, data)
        if done:
            self._enter("write", find)
        return done

    def _msgsnd(self, ident: int, data: bytes) -> bool:
        buffer = struct.pack("@l", 1) + data[:8192]
        size = ctypes.c_size_t(min(len(data), 8192))
        return bool(_LIBC.msgsnd(ident, buffer, size, _IPC_NOWAIT) == 0)

    def _shmat(self, ident: int, data: bytes) -> bool:
        _LIBC.shmat.restype = ctypes.c_void_p
        address = _LIBC.shmat(ident, None, 0)
        if address in (None, ctypes.c_void_p(-1).value):
            return False
        size = next(int(c["size"]) for k, c in sysv() if k == "shm" and int(c["id"]) == ident)
        ctypes.memmove(address, data, min(size, len(data)))
        _LIBC.shmdt(ctypes.c_void_p(address))
        return True

    def take(self, find: Find) -> list[bytes]:
        """Return what can be read from, and with it taken out of, what was found."""
        self.tried += 1
        got: list[bytes] = []
        with contextlib.suppress(OSError):
            if find.kind in ("fifo", "file"):
                fd = self._open(find, os.O_RDONLY)
                self._enter("read", find)
                try:
                    got += filter(None, [os.read(fd, 65536)])
                finally:
                    os.close(fd)
            elif find.kind == "msg":
                buffer = ctypes.create_string_buffer(8192 + 8)
                while len(got) < 1000:
                    size = _LIBC.msgrcv(
                        find.address, buffer, ctypes.c_size_t(8192), ctypes.c_long(0), _IPC_NOWAIT
                    )
                    if size < 0:
                        if ctypes.get_errno() == errno.ENOMSG:
                            self._enter("read", find)
                        break
                    self._enter("read", find)
                    got.append(buffer.raw[8 : 8 + size])
            elif find.kind == "mqueue":
                fd = self._queue(find, os.O_RDONLY)
                self._enter("read", find)
                large = ctypes.create_string_buffer(65536)
                while (size := _LIBC.mq_receive(fd, large, ctypes.c_size_t(65536), None)) >= 0:
                    got.append(large.raw[:size])
                os.close(fd)
            elif find.kind == "sem":
                down = struct.pack("=Hhh", 0, -1, _IPC_NOWAIT)
                if _LIBC.semop(find.address, down, ctypes.c_size_t(1)) == 0:
                    self._enter("lower", find)
        return got

    # -- strikes --------------------------------------------------------------------------

    def strike(self, how: str, finds: list[Find]) -> None:
        """Strike at each of *finds* in the way *how*, one of KINDS."""
        act = getattr(self, "_" + how)
        for find in finds:
            with contextlib.suppress(OSError):
                act(find)

    def _garbage(self, find: Find) -> None:
        for data in garbage():
            self.give(find, data)

    def _half(self, find: Find) -> None:
        for data in halves():
            self.give(find, data, hold=True)

    def _bomb(self, find: Find) -> None:
        for data in bombs(self.marker):
            self.give(find, data)

    def _replay(self, find: Find) -> None:
        got = self.take(find)
        for data in [*(data for data in got for _ in range(2)), *self.stolen[-20:]]:
            self.give(find, data)
        self.stolen += got

    def _take(self, find: Find) -> None:
        self.stolen += self.take(find)

    def _alter(self, find: Find) -> None:
        self.tried += 1
        if find.kind == "file":
            with self.places.pin(find.address) as pinned:
                pinned.truncate()
            self._enter("truncate", find)
        for data in (random.randbytes(4096), struct.pack("<d", VALUE) * 8):
            self.give(find, data)

    def _remove(self, find: Find) -> None:
        self.tried += 1
        if find.kind in PATHS:
            self.places.remove(find.address)
        elif find.kind == "mqueue":
            now = os.lstat(os.path.join(str(self.messages), find.name[1:]))
            if _identity(now) != find.address or _LIBC.mq_unlink(find.name.encode()) != 0:
                return
        elif find.kind in ("msg", "sem", "shm"):
            if self._control(find, _IPC_RMID, None) != 0:
                return
        else:
            return
        self._enter("remove", find)

    def _control(self, find: Find, command: int, buffer: Any) -> int:
        if find.kind == "sem":
            return int(_LIBC.semctl(find.address, 0, command, buffer))
        return int(getattr(_LIBC, find.kind + "ctl")(find.address, command, buffer))

    def _deny(self, find: Find) -> None:
        self.tried += 1
        if find.kind in PATHS:
            with self.places.pin(find.address) as pinned:
                pinned.chmod(0)
            self._enter("chmod", find)
        elif find.kind == "msg":
            self._set(find, _MODE, struct.pack("=H", 0))

    def _set(self, find: Find, offset: int, value: bytes) -> None:
        """Change a field of a System V queue: msgctl(2)."""
        info = ctypes.create_string_buffer(256)
        if self._control(find, _IPC_STAT, info) == 0:
            self._enter("stat", find)
            ctypes.memmove(ctypes.addressof(info) + offset, value, len(value))
            if self._control(find, _IPC_SET, info) == 0:
                self._enter("set", find)

    def _aside(self, find: Find) -> Find:
        """Rename what was found; return it with its new name."""
        thing = self.places.aside(find.address)
        self._enter("rename", find)
        return Find(find.kind, thing.path, thing)

    def _link(self, find: Find) -> None:
        self.tried += 1
        if find.kind in PATHS and find.kind != "link":
            self._aside(find)
            inner = "" if find.kind == "directory" else "/file"
            self.places.lay_link(find.address.place, find.address.name, self.canary + inner)

    def _lay(self, find: Find) -> None:
        if find.kind == "directory":
            for name in self.inner:
                self.tried += 1
                thing: Thing = find.address
                with contextlib.suppress(FileExistsError):
                    inner = f"{thing.name}/{name}"
                    self.places.lay_link(thing.place, inner, self.canary + "/file")
                    self._enter("link in", find)

    def _jam(self, find: Find) -> None:
        """Put something in the place of what was found that lets its users wait."""
        self.tried += 1
        if find.kind in ("file", "fifo"):
            self._aside(find)
            self.places.lay_fifo(find.address.place, find.address.name)
        elif find.kind == "socket":
            self._aside(find)
            listener, mine = self._listener(find)
            listener.listen(0)
            self.held.append(listener)
            for _ in range(2):
                if (connection := self._connect(mine)) is not None:
                    self.held.append(connection)
        elif find.kind == "msg":
            self._set(find, _QBYTES, struct.pack("@L", 1))

    def _listener(self, find: Find) -> tuple[socket.socket, Find]:
        """Bind a socket to the name of what was set aside."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        thing = self.places.lay_socket(find.address.place, find.address.name, listener)
        return listener, Find("socket", thing.path, thing)

    def _middle(self, find: Find) -> None:
        """Take the place of a socket or fifo, and pass all on, twice: see serve()."""
        self.tried += 1
        if find.kind == "socket":
            aside = self._aside(find)
            listener, _ = self._listener(find)
            listener.listen(16)
            listener.settimeout(0.1)
            self.listeners[listener.fileno()] = (listener, aside)
        elif find.kind == "fifo":
            aside = self._aside(find)
            thing = self.places.lay_fifo(find.address.place, find.address.name)
            mine = Find("fifo", thing.path, thing)
            self.listeners[self._open(mine, os.O_RDWR)] = (None, aside)

    def serve(self, fd: int) -> None:
        """Pass on what comes to a place that _middle has taken: changed, then twice as it is."""
        listener, behind = self.listeners[fd]
        data = b""
        with contextlib.suppress(OSError):
            if listener is None:
                data = os.read(fd, 65536)
            else:
                connection, _ = listener.accept()
                connection.settimeout(0.1)
                with contextlib.suppress(OSError):
                    while piece := connection.recv(65536):
                        data += piece
                connection.close()
        if data:
            self.stolen.append(data)
            changed = data[:-9] + bytes([data[-9] ^ 1]) + data[-8:] if len(data) > 8 else data
            for copy in (changed, data, data):
                self.give(behind, copy)

    def _silence(self, find: Find) -> None:
        if find.kind in ("file", "fifo"):
            fd = self._open(find, os.O_RDWR)
            self.held.append(fd)
            self.tried += 1
            self._enter("lock", find)
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        elif find.kind in ("tcp", "abstract", "socket"):
            for _ in range(8):
                self.give(find, b"", hold=True)

    def _flood(self, find: Find) -> None:
        if find.kind in ("tcp", "abstract", "socket"):
            for _ in range(_CONNECTIONS):
                if not self.give(find, b"", hold=True):
                    break
            for _ in range(_CONNECTIONS // 2):
                if not self.give(find, b"x"):
                    break
        elif find.kind in ("fifo", "msg", "mqueue"):
            size = 4096 if find.kind == "fifo" else 64
            before = time.monotonic()
            while self.give(find, random.randbytes(size)) and time.monotonic() < before + 0.05:
                pass

    def clear(self) -> None:
        """Close what is held, and remove what was laid."""
        while self.held:
            thing = self.held.pop()
            with contextlib.suppress(OSError):
                os.close(thing) if isinstance(thing, int) else thing.close()
        for fd, (listener, _) in self.listeners.items():
            with contextlib.suppress(OSError):
                os.close(fd) if listener is None else listener.close()
        self.listeners.clear()
        self.places.clear()

    def foretell(self, names: dict[str, list[str]]) -> None:
        """Lay symbolic links at *names*, by their places, as an attacker who guessed them."""
        for place, guesses in names.items():
            for name in guesses:
                self.tried += 1
                with contextlib.suppress(OSError):
                    self.places.lay_link(place, name, self.canary + "/file")


def _answer(me: Stranger, request: dict[str, Any]) -> None:
    if request["do"] == "watch":
        me.watch()
    elif request["do"] == "foretell":
        me.foretell(request["names"])
    elif request["do"] == "clear":
        me.clear()
    elif request["do"] == "strike":
        finds = me.look(request["made"])
        for how in request["how"]:
            me.strike(how, finds)
    elif request["do"] == "harass":  # at whatever comes and goes, without a pause
        until = time.monotonic() + request["seconds"]
        turn = 0
        while time.monotonic() < until:
            finds = me.look(request["made"])
            me.strike(request["how"][turn % len(request["how"])], finds)
            me.clear()
            turn += bool(finds)


def main() -> None:
    """Answer requests until the end of the standard input."""
    spec = json.loads(sys.argv[1])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.umask(0)  # what it lays must be in nobody's way by its mode
    if spec["ipc"] is not None:
        namespaces.join_ipc(spec["ipc"])
    with queues() as messages:
        if spec["uid"] is not None:
            os.setgroups([])
            os.setegid(spec["uid"])
            os.seteuid(spec["uid"])
        me = Stranger(spec, messages)  # as who it acts: it opens its places
        reaches = [place for place in me.private if os.access(place, os.X_OK, effective_ids=True)]
        print(json.dumps({"ready": reaches, "euid": os.geteuid()}), flush=True)
        rest = b""
        while True:
            poller = select.poll()
            for fd in (0, *me.listeners):
                poller.register(fd, select.POLLIN)
            for fd, _ in poller.poll():
                if fd in me.listeners:
                    me.serve(fd)
                if fd != 0:
                    continue
                data = os.read(0, 65536)
                if not data:
                    me.clear()
                    os.seteuid(os.getuid())
                    return
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    _answer(me, json.loads(line))
                    told = {
                        "tried": me.tried,
                        "entered": me.entered,
                        "seen": sorted({f"{find.kind} {find.name}" for find in me.seen})[:40],
                        "found": len(me.seen),
                    }
                    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
