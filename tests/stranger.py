"""The stranger: a process that strikes at whatever a running transport lets it find.

It is started by `tests.lab.visit` as ``python -m tests.stranger JSON``, reads requests from
its standard input and answers each, in lines of JSON.  It looks where every user can look:
/proc/net, /proc/sysvipc, POSIX queues and shared directories.  It strikes at what is new
since it began to watch and belongs to the session of the transport's caller: what a
neighbour makes in the meantime is left alone.

Started by root, it can act as another user: only the effective uid counts for what a process
may open, send to or remove (credentials(7)), so it keeps the real one to tell whose is what.
"""

import contextlib
import ctypes
import errno
import fcntl
import json
import marshal
import os
import pickle
import random
import resource
import select
import shutil
import socket
import stat
import struct
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.subject.census import mount_queues

_LIBC = ctypes.CDLL(None, use_errno=True)

_VALUE = 0.1234  # a sum that a worker may have

_CONNECTIONS = 500

_LISTENING, _UDP_BOUND = "0A", "07"  # the column st of /proc/net/tcp and udp, proc_net(5)

_IPC_NOWAIT = 0o4000  # <sys/ipc.h>
_IPC_RMID, _IPC_SET, _IPC_STAT = 0, 1, 2
_MODE, _QBYTES = 20, 88  # offsets in struct msqid_ds, of 64 bits: <bits/types/struct_msqid_ds.h>

PATHS = ("file", "fifo", "socket", "directory", "link")
REMOTE = ("tcp", "udp")  # where anybody on this machine may knock

KINDS = (
    "garbage", "half", "bomb", "replay", "take", "alter", "remove", "deny", "link", "lay", "jam",
    "middle", "silence", "flood",
)  # fmt: skip


class Find(NamedTuple):
    """Something that a transport has made: its kind, and its name, address or id."""

    kind: str
    name: str
    address: Any = None


class Bomb:
    """Makes a directory where it is unpickled."""

    def __init__(self, marker: str) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return os.mkdir, (self._marker,)


def _framed(bodies: list[bytes]) -> list[bytes]:
    """Return *bodies* as they are, and behind a length as programs are wont to write it.

    "!i" is that of multiprocessing.connection.
    """
    lengths = ("!i", "<I", "<Q", "!Q")
    return bodies + [struct.pack(f, len(b)) + b for b in bodies for f in lengths]


def _garbage() -> list[bytes]:
    """Return what may be taken for a result, and what is certainly none."""
    record = {"worker": 0, "value": _VALUE, "result": _VALUE, "sum": _VALUE}
    texts = [repr(_VALUE), f"{_VALUE}\n", f"0 {_VALUE}\n", f"0,{_VALUE}\n", _VALUE.hex()]
    plausible = [struct.pack(form, _VALUE) for form in ("<d", ">d")]
    plausible += [struct.pack(form, 0, _VALUE) for form in ("<id", ">id", "<qd", ">qd")]
    plausible += [struct.pack("<idd", 0, _VALUE, _VALUE), struct.pack("<d", float("nan"))]
    plausible += [text.encode() for text in texts]
    plausible += [json.dumps(value).encode() + b"\n" for value in (_VALUE, [0, _VALUE], record)]
    plausible += [pickle.dumps(value) for value in (_VALUE, (0, _VALUE), [_VALUE], record)]
    noise = [random.randbytes(size) for size in (1, 7, 8, 36, 512)]
    return _framed(plausible) + noise + [bytes(8), b"\xff" * 16, random.randbytes(65536)]


def _halves() -> list[bytes]:
    """Return frames that end too early, or announce more than anybody has."""
    announced = [struct.pack(form, 0x7FFFFFFF) for form in ("!i", "<I", "<q", "!q")]
    return [b"", b"\0", struct.pack("d", _VALUE)[:3], struct.pack("!i", 8), *announced, b"0.12"]


def _bombs(marker: str) -> list[bytes]:
    """Return bytes that make the directory *marker* in whoever takes them for a program."""
    source = f"__import__('os').mkdir({marker!r})"
    pickles = [pickle.dumps(Bomb(marker), protocol) for protocol in (0, 2, 4)]
    code = marshal.dumps(compile(source, "stranger", "eval"))
    shell = f"$(mkdir '{marker}')\n"
    yaml = f"!!python/object/apply:os.mkdir ['{marker}']\n"
    # A line of its own too, whatever stands before it in a stream.
    texts = [source, source + "\n", f"\n{source}\n", shell, yaml]
    return _framed([*pickles, code, *(text.encode() for text in texts)])


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


def kind_of(mode: int) -> str:
    """Return what a file of *mode* is."""
    tests = {"fifo": stat.S_ISFIFO, "socket": stat.S_ISSOCK, "directory": stat.S_ISDIR}
    tests["link"] = stat.S_ISLNK
    return next((kind for kind, test in tests.items() if test(mode)), "file")


def sysv() -> Iterator[tuple[str, dict[str, str]]]:
    """Yield (kind, columns) of each System V object: sysvipc(7), proc_sysvipc(5)."""
    for kind in ("msg", "sem", "shm"):
        with contextlib.suppress(OSError):
            head, *rows = Path("/proc/sysvipc", kind).read_text().splitlines()
            for row in rows:
                columns = dict(zip(head.split(), row.split(), strict=False))
                yield kind, columns | {"id": row.split()[1]}  # msqid, semid or shmid


class Stranger:
    """What it knows, what it holds open, and what it has laid."""

    def __init__(self, spec: dict[str, Any], messages: Path | None) -> None:
        self.session: int = spec["session"]
        self.private: list[str] = spec["private"]
        self.shared: list[str] = spec["shared"]
        self.marker: str = spec["marker"]
        self.canary: str = spec["canary"]
        self.owner = os.getuid()
        self.messages = messages
        self.before: set[Find] = set()
        self.usual: set[str] = set()
        self.held: list[int | socket.socket] = []
        self.undo: list[Callable[[], object]] = []
        self.listeners: dict[int, tuple[socket.socket | None, Find]] = {}
        self.stolen: list[bytes] = []
        self.inner: set[str] = set()  # names seen inside of private directories
        self.tried = 0
        self.entered: list[str] = []
        self.seen: set[Find] = set()

    # -- looking --------------------------------------------------------------------------

    def processes(self) -> list[int]:
        """Return the processes of the session of the transport's caller."""
        found = []
        for entry in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                # Field 6 of proc_pid_stat(5); the second may hold spaces and brackets.
                if int(Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()[3]) == (
                    self.session
                ):
                    found.append(int(entry))
        return found

    def theirs(self) -> set[str]:
        """Return what these processes have open or mapped: 'socket:[inode]' and paths."""
        found = set()
        euid = os.geteuid()
        os.seteuid(os.getuid())
        try:
            for pid in self.processes():
                with contextlib.suppress(OSError):
                    for fd in os.listdir(f"/proc/{pid}/fd"):
                        with contextlib.suppress(OSError):
                            found.add(os.readlink(f"/proc/{pid}/fd/{fd}"))
                    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
                        found.add(line.split(None, 5)[-1])
        finally:
            os.seteuid(euid)
        return found

    def look(self, named: list[str]) -> list[Find]:
        """Return what the transport has now, outermost first, and directories last."""
        theirs = self.theirs()
        found = list(set(self._all(theirs, named)) - self.before)
        # A directory that is struck first would hide what is in it.
        found.sort(key=lambda find: (find.kind == "directory", -find.name.count("/")))
        self.seen.update(found)
        return found

    def watch(self) -> None:
        """Take all that there is now for old."""
        self.before = set(self._all(None, []))
        self.usual = self.theirs()

    def _all(self, theirs: set[str] | None, named: list[str]) -> Iterator[Find]:
        # The kernel takes milliseconds to write these tables: only where there is a new socket.
        fresh = (theirs or set()) - self.usual
        sockets = theirs is None or any(thing.startswith("socket:") for thing in fresh)
        for table, kind, state in (
            ("tcp", "tcp", _LISTENING),
            ("tcp6", "tcp", _LISTENING),
            ("udp", "udp", _UDP_BOUND),
            ("udp6", "udp", _UDP_BOUND),
        ):
            if sockets:
                yield from self._internet(table, kind, state, theirs)
        if sockets:
            yield from self._unix(theirs)
        for kind, columns in sysv():
            if int(columns["uid"]) == self.owner:
                ident = columns["id"]
                yield Find(kind, f"{kind} {ident}", int(ident))
        if self.messages is not None:
            with contextlib.suppress(OSError):
                for name in os.listdir(self.messages):
                    yield Find("mqueue", "/" + name)
        for place in self.private + self.shared:
            for find in self._files(place, inside=False):
                base = os.path.basename(find.name)
                if (
                    theirs is None
                    or place in self.private
                    or base in named
                    or any(path.split(" (")[0].startswith(find.name) for path in theirs)
                ):
                    yield find
                    if find.kind == "directory" and find not in self.before and theirs is not None:
                        yield from self._files(find.name, inside=True)

    def _internet(
        self, table: str, kind: str, state: str, theirs: set[str] | None
    ) -> Iterator[Find]:
        with contextlib.suppress(OSError):
            for row in Path("/proc/net", table).read_text().splitlines()[1:]:
                fields = row.split()
                if fields[3] != state or (
                    theirs is not None and f"socket:[{fields[9]}]" not in theirs
                ):
                    continue
                word, port = fields[1].split(":")
                raw = b"".join(
                    struct.pack("=I", int(word[i : i + 8], 16)) for i in range(0, len(word), 8)
                )
                family = socket.AF_INET if len(raw) == 4 else socket.AF_INET6
                address = socket.inet_ntop(family, raw)
                target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104
                name = f"{address} port {int(port, 16)} inode {fields[9]}"
                yield Find(kind, name, (int(family), target, int(port, 16)))

    def _unix(self, theirs: set[str] | None) -> Iterator[Find]:
        with contextlib.suppress(OSError):
            text = Path("/proc/net/unix").read_bytes().decode(errors="surrogateescape")
            for row in text.split("\n")[1:]:
                fields = row.split(None, 7)
                if len(fields) < 8 or (
                    theirs is not None and f"socket:[{fields[6]}]" not in theirs
                ):
                    continue
                path = fields[7]
                if path.startswith("@"):  # @ stands for each zero byte, proc_net(5)
                    yield Find("abstract", path, "\0" + path[1:])
                elif path.startswith("/"):
                    yield Find("socket", path)

    def _files(self, place: str, *, inside: bool) -> Iterator[Find]:
        try:
            names = os.listdir(place)
        except OSError:
            return
        if inside:
            self._enter("list", Find("directory", place))
            self.inner.update(names)
        for name in names:
            path = os.path.join(place, name)
            with contextlib.suppress(OSError):
                info = os.lstat(path)
                if info.st_uid == self.owner:
                    kind = kind_of(info.st_mode)
                    yield Find(kind, path)
                    if inside and kind == "directory":
                        yield from self._files(path, inside=True)

    # -- single intrusions ----------------------------------------------------------------

    def _enter(self, how: str, find: Find) -> None:
        what = f"{how} {find.kind} {find.name}"
        if len(self.entered) < 50 and what not in self.entered:
            self.entered.append(what)

    def _connect(self, find: Find) -> socket.socket | None:
        kinds: list[int] = [socket.SOCK_STREAM, socket.SOCK_SEQPACKET, socket.SOCK_DGRAM]
        if find.kind == "tcp":
            kinds = [socket.SOCK_STREAM]
        elif find.kind == "udp":
            kinds = [socket.SOCK_DGRAM]
        family, address = int(socket.AF_UNIX), find.address or find.name
        if find.kind in REMOTE:
            family, address = find.address[0], find.address[1:]
        for kind in kinds:
            connection = socket.socket(family, kind)
            connection.setblocking(False)
            code = connection.connect_ex(address)
            if code == errno.EINPROGRESS:
                poller = select.poll()
                poller.register(connection, select.POLLOUT)
                code = 0 if poller.poll(20) else errno.ETIMEDOUT
            if code == 0:
                return connection
            connection.close()
            if code != errno.EPROTOTYPE:
                break
        return None

    def _open(self, path: str, flags: int) -> int:
        return os.open(path, flags | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)

    def _queue(self, find: Find, flags: int) -> int:
        fd = int(_LIBC.mq_open(find.name.encode(), flags | os.O_NONBLOCK))
        if fd < 0:
            raise OSError(ctypes.get_errno(), "mq_open")
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
                fd = self._open(find.name, os.O_WRONLY)
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
                fd = self._open(find.name, os.O_RDONLY)
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
        for data in _garbage():
            self.give(find, data)

    def _half(self, find: Find) -> None:
        for data in _halves():
            self.give(find, data, hold=True)

    def _bomb(self, find: Find) -> None:
        for data in _bombs(self.marker):
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
            os.truncate(find.name, 0)
            self._enter("truncate", find)
        for data in (random.randbytes(4096), struct.pack("<d", _VALUE) * 8):
            self.give(find, data)

    def _remove(self, find: Find) -> None:
        self.tried += 1
        if find.kind == "directory":
            shutil.rmtree(find.name)
        elif find.kind in PATHS:
            os.unlink(find.name)
        elif find.kind == "mqueue":
            if _LIBC.mq_unlink(find.name.encode()) != 0:
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
            os.chmod(find.name, 0)
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

    def _aside(self, find: Find) -> str:
        """Rename what was found; return its new name."""
        aside = find.name + ".aside"
        os.rename(find.name, aside)
        self._enter("rename", find)
        self.undo.append(lambda: shutil.rmtree(aside) if os.path.isdir(aside) else os.unlink(aside))
        return aside

    def _laid(self, path: str) -> None:
        self.undo.append(lambda: os.unlink(path))

    def _link(self, find: Find) -> None:
        self.tried += 1
        if find.kind in PATHS and find.kind != "link":
            self._aside(find)
            inner = "" if find.kind == "directory" else "/file"
            os.symlink(self.canary + inner, find.name)
            self._laid(find.name)

    def _lay(self, find: Find) -> None:
        if find.kind == "directory":
            for name in self.inner:
                self.tried += 1
                path = os.path.join(find.name, name)
                with contextlib.suppress(FileExistsError):
                    os.symlink(self.canary + "/file", path)
                    self._enter("link in", find)
                    self._laid(path)

    def _jam(self, find: Find) -> None:
        """Put something in the place of what was found that lets its users wait."""
        self.tried += 1
        if find.kind in ("file", "fifo"):
            self._aside(find)
            os.mkfifo(find.name, 0o600)
            self._laid(find.name)
        elif find.kind == "socket":
            self._aside(find)
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listener.bind(find.name)
            self._laid(find.name)
            listener.listen(0)
            self.held.append(listener)
            for _ in range(2):
                if (connection := self._connect(find)) is not None:
                    self.held.append(connection)
        elif find.kind == "msg":
            self._set(find, _QBYTES, struct.pack("@L", 1))

    def _middle(self, find: Find) -> None:
        """Take the place of a socket or fifo, and pass all on, twice: see serve()."""
        self.tried += 1
        if find.kind == "socket":
            aside = self._aside(find)
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listener.bind(find.name)
            self._laid(find.name)
            listener.listen(16)
            listener.settimeout(0.1)
            self.listeners[listener.fileno()] = (listener, Find("socket", aside))
        elif find.kind == "fifo":
            aside = self._aside(find)
            os.mkfifo(find.name, 0o600)
            self._laid(find.name)
            self.listeners[self._open(find.name, os.O_RDWR)] = (None, Find("fifo", aside))

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
            fd = self._open(find.name, os.O_RDWR)
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
        while self.undo:
            with contextlib.suppress(OSError):
                self.undo.pop()()

    def foretell(self, names: dict[str, list[str]]) -> None:
        """Lay symbolic links at *names*, by their places, as an attacker who guessed them."""
        for place, guesses in names.items():
            for name in guesses:
                self.tried += 1
                path = os.path.join(place, name)
                with contextlib.suppress(OSError):
                    os.symlink(self.canary + "/file", path)
                    self._laid(path)


def _answer(me: Stranger, request: dict[str, Any]) -> None:
    if request["do"] == "watch":
        me.watch()
    elif request["do"] == "foretell":
        me.foretell(request["names"])
    elif request["do"] == "clear":
        me.clear()
    elif request["do"] == "strike":
        finds = me.look(request["named"])
        for how in request["how"]:
            me.strike(how, finds)
    elif request["do"] == "harass":  # at whatever comes and goes, without a pause
        until = time.monotonic() + request["seconds"]
        turn = 0
        while time.monotonic() < until:
            finds = me.look(request["named"])
            me.strike(request["how"][turn % len(request["how"])], finds)
            me.clear()
            turn += bool(finds)


def main() -> None:
    """Answer requests until the end of the standard input."""
    spec = json.loads(sys.argv[1])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.umask(0)  # what it lays must be in nobody's way by its mode
    with queues() as messages:
        me = Stranger(spec, messages)
        if spec["uid"] is not None:
            os.setgroups([])
            os.setegid(spec["uid"])
            os.seteuid(spec["uid"])
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
