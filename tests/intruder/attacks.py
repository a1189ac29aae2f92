"""What the intruder does to what it has found: one function for each attack, in ATTACKS.

An attack touches nothing but what was found: see tests.intruder.paths.
"""

import contextlib
import ctypes
import fcntl
import os
import random
import resource
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from tests.intruder import payloads
from tests.intruder.access import LIBC, Access
from tests.intruder.finding import Found, Record, Search, identity_of
from tests.system.objects import FILE_KINDS, SYSTEM_V_KINDS

_IPC_RMID, _IPC_SET, _IPC_STAT = 0, 1, 2  # <linux/ipc.h>
_MODE, _QBYTES = 20, 88  # offsets in struct msqid_ds, of 64 bits: <bits/types/struct_msqid_ds.h>
_INFO = 256  # bytes: more than the largest of struct msqid_ds, semid_ds and shmid_ds

_LISTENERS = ("tcp", "abstract", "socket")  # what accepts connections

# A run may have 256 descriptors (tests.scenarios.exposure): a flood opens more than it can accept.
_FLOOD = 500
_OWN_DESCRIPTORS = 100
_SHORT_FLOOD = 250  # connections that send a byte and end; each costs the run an accept(2)
_FLOOD_SECONDS = 0.05  # to write to a fifo or queue that is read meanwhile, so it never is full
_FLOOD_PIECE = {"fifo": 4096, "msg": 64, "mqueue": 64}  # bytes; 4096 is PIPE_BUF, pipe(7)

_SILENT_CONNECTIONS = 8  # more than the workers of a run: each could be taken for one of them

_REPLAYED = 20  # of the messages that were read before: the latest, to bound the time
_KNOWN = 6  # messages of another run that the intruder knows
_CHANGES = 128  # bytes of each that are changed, one at a time, evenly spread

# A number or a signature may take the last eight bytes: change the byte before these.
_CHANGED = 9

_OTHER_NUMBERS = 1, 4  # bits that make a digit another one, and a number in binary too

_READ = 65536  # bytes: the default capacity of a pipe, pipe(7)
_RELAY_TIMEOUT = 0.1  # seconds without data after which a message is passed on


class Intruder:
    """What the intruder knows, what it holds open, and what it has planted.

    listeners: by descriptor, what took the place of another object, and that object's new name.
    """

    def __init__(self, spec: dict[str, Any], queues: Path | None) -> None:
        self.record = Record()
        self.search = Search(spec, queues, self.record)
        self.marker: str = spec["marker"]
        self.canary: str = spec["canary"]
        self.listeners: dict[int, tuple[socket.socket | None, Found]] = {}
        self._places = self.search.places
        self._access = Access(self.search, self.record)
        self._stolen: list[bytes] = []
        self._known: list[bytes] = []
        self._inner: list[str] = []

    def attack(self, name: str, targets: list[Found]) -> None:
        """Attack each of *targets*. *name*: one of ATTACKS."""
        for found in targets:
            with contextlib.suppress(OSError):
                ATTACKS[name](self, found)

    def clear(self) -> None:
        """Close what is held open, and remove what was planted."""
        self._access.close()
        for fd, (listener, _) in self.listeners.items():
            with contextlib.suppress(OSError):
                os.close(fd) if listener is None else listener.close()
        self.listeners.clear()
        self._places.clear()

    def know(self, messages: list[str], inner: list[str]) -> None:
        """Know what workers of another run have sent and made: from a trace, or the source.

        A stranger of the same user can have it, wherever the channel leads.

        messages: in hexadecimal.
        inner: paths of files, from a directory of that run on.
        """
        self._known = [bytes.fromhex(message) for message in messages[:_KNOWN]]
        self._inner = inner[:_KNOWN]

    def plant_links(self, names: dict[str, list[str]]) -> None:
        """Make symbolic links to the canary at *names*, by their directories, before a run."""
        for place, guesses in names.items():
            for name in guesses:
                self.record.attempts += 1
                with contextlib.suppress(OSError):
                    self._places.plant_link(place, name, self.canary + "/file")

    # -- sending --------------------------------------------------------------------------

    def _send(self, found: Found, frames: Iterable[bytes], *, keep_open: bool = False) -> None:
        """Write each of *frames*.

        Stop when a listening socket refuses a connection: its backlog is full, and it stays full
        while the run is stopped.  Each further attempt would wait for 20 ms.
        """
        for data in frames:
            sent = self._access.write(found, data, keep_open=keep_open)
            if not sent and found.kind in _LISTENERS:
                break

    def send_garbage(self, found: Found) -> None:
        """Send bytes that could be a result, and bytes that could not."""
        self._send(found, payloads.garbage())

    def send_half_frames(self, found: Found) -> None:
        """Send frames that are not complete, and do not close the connection."""
        self._send(found, payloads.half_frames(), keep_open=True)

    def send_code(self, found: Found) -> None:
        """Send programs that make the marker where they are run."""
        self._send(found, payloads.code(self.marker))

    def take(self, found: Found) -> None:
        """Take out what is there."""
        self._stolen += self._access.read(found)

    def witness(self, found: Found) -> None:
        """Read what is there, for `replay`, and put back what reading has taken out."""
        if found.kind == "sem":  # there is nothing to read
            return
        seen = self._access.read(found)
        self._stolen += seen
        if found.kind != "file":
            for data in seen:
                self._access.write(found, data)

    def replay(self, found: Found) -> None:
        """Take out what is there, send it twice, and then what was taken before or is known."""
        taken = self._access.read(found)
        twice = [data for data in taken for _ in range(2)]
        self._send(found, [*twice, *self._stolen[-_REPLAYED:], *self._known])
        self._stolen += taken

    def forge(self, found: Found) -> None:
        """Take out what is there; send that, and what the intruder knows, and both changed.

        The changed ones come before the others and after them: the first or the last may count.
        """
        taken = [] if found.kind == "sem" else self._access.read(found)
        forged = [changed for data in (*taken, *self._known) for changed in _changed(data)]
        self._send(found, (*forged, *taken, *forged))

    def alter(self, found: Found) -> None:
        """Overwrite what is there."""
        self.record.attempts += 1
        if found.kind == "file":
            with self._places.pin(found.address) as pinned:
                pinned.truncate()
            self.record.enter("truncate", found)
        plausible = struct.pack("<d", payloads.VALUE) * 8
        for data in (random.randbytes(4096), plausible):
            self._access.write(found, data)

    # -- removing and refusing ------------------------------------------------------------

    def remove(self, found: Found) -> None:
        """Remove it."""
        self.record.attempts += 1
        if found.kind in FILE_KINDS:
            self._places.remove(found.address)
        elif found.kind == "mqueue":
            now = os.lstat(os.path.join(str(self.search.queues), found.name[1:]))
            if identity_of(now) != found.address or LIBC.mq_unlink(found.name.encode()) != 0:
                return
        elif found.kind not in SYSTEM_V_KINDS or self._control(found, _IPC_RMID, None) != 0:
            return
        self.record.enter("remove", found)

    def chmod(self, found: Found) -> None:
        """Take all rights away from its owner."""
        self.record.attempts += 1
        if found.kind in FILE_KINDS:
            with self._places.pin(found.address) as pinned:
                pinned.chmod(0)
            self.record.enter("chmod", found)
        elif found.kind == "msg":
            self._set_field(found, _MODE, struct.pack("=H", 0))

    def _control(self, found: Found, command: int, buffer: Any) -> int:
        """Call msgctl(2), semctl(2) or shmctl(2)."""
        if found.kind == "sem":
            return int(LIBC.semctl(found.address, 0, command, buffer))
        return int(getattr(LIBC, found.kind + "ctl")(found.address, command, buffer))

    def _set_field(self, found: Found, offset: int, value: bytes) -> None:
        """Change a field of a System V queue: msgctl(2)."""
        info = ctypes.create_string_buffer(_INFO)
        if self._control(found, _IPC_STAT, info) == 0:
            self.record.enter("stat", found)
            ctypes.memmove(ctypes.addressof(info) + offset, value, len(value))
            if self._control(found, _IPC_SET, info) == 0:
                self.record.enter("set", found)

    # -- taking the place of an object ----------------------------------------------------

    def link(self, found: Found) -> None:
        """Rename it, and put a symbolic link to the canary in its place."""
        self.record.attempts += 1
        if found.kind in FILE_KINDS and found.kind != "link":
            self._move_aside(found)
            inner = "" if found.kind == "directory" else "/file"
            thing = found.address
            self._places.plant_link(thing.place, thing.name, self.canary + inner)

    def link_inside(self, found: Found) -> None:
        """Put links to the canary into a directory, under names that such directories had.

        Directories that are on the way to these are made.
        """
        if found.kind == "directory":
            directory = found.address
            # Deeper, such a path would make directories that no run has.
            known = [] if "/" in directory.name else self._inner
            for name in dict.fromkeys([*known, *self.search.inner_names]):
                self.record.attempts += 1
                with contextlib.suppress(FileExistsError, NotADirectoryError):
                    path = self._make_way(found, name)
                    self._places.plant_link(directory.place, path, self.canary + "/file")
                    self.record.enter("link in", found)

    def _make_way(self, found: Found, name: str) -> str:
        """Make the directories to *name* in a directory; return its path from the place on."""
        path, *parts = found.address.name, *name.split("/")
        for part in parts[:-1]:
            path = f"{path}/{part}"
            with contextlib.suppress(FileExistsError):
                self._places.plant_directory(found.address.place, path)
        return f"{path}/{parts[-1]}"

    def block(self, found: Found) -> None:
        """Replace it by an object that makes its users wait, or shrink a queue to one byte."""
        self.record.attempts += 1
        if found.kind in ("file", "fifo"):
            self._move_aside(found)
            self._places.plant_fifo(found.address.place, found.address.name)
        elif found.kind == "socket":
            self._move_aside(found)
            self._plant_full_socket(found)
        elif found.kind == "msg":
            self._set_field(found, _QBYTES, struct.pack("@L", 1))

    def man_in_the_middle(self, found: Found) -> None:
        """Take the place of a socket or fifo, and pass on what comes: see relay()."""
        self.record.attempts += 1
        if found.kind == "socket":
            moved = self._move_aside(found)
            listener, _ = self._plant_socket(found)
            listener.listen(16)  # more than the workers of a run
            listener.settimeout(_RELAY_TIMEOUT)
            self.listeners[listener.fileno()] = (listener, moved)
        elif found.kind == "fifo":
            moved = self._move_aside(found)
            planted = self._places.plant_fifo(found.address.place, found.address.name)
            self.listeners[self._access.open(planted, os.O_RDWR)] = (None, moved)

    def relay(self, fd: int) -> None:
        """Pass on what has come to a listener: once changed, then twice as it is."""
        listener, behind = self.listeners[fd]
        data = b""
        with contextlib.suppress(OSError):
            data = os.read(fd, _READ) if listener is None else _receive(listener)
        if not data:
            return
        self._stolen.append(data)
        changed = bytearray(data)
        if len(data) >= _CHANGED:
            changed[-_CHANGED] ^= 1
        for copy in (bytes(changed), data, data):
            self._access.write(behind, copy)

    def _move_aside(self, found: Found) -> Found:
        """Rename what was found; return it under its new name."""
        thing = self._places.move_aside(found.address)
        self.record.enter("rename", found)
        return Found(found.kind, thing.path, thing)

    def _plant_socket(self, found: Found) -> tuple[socket.socket, Found]:
        """Bind a socket to the name that *found* had."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        thing = self._places.plant_socket(found.address.place, found.address.name, listener)
        return listener, Found("socket", thing.path, thing)

    def _plant_full_socket(self, found: Found) -> None:
        """Bind a socket to the name that *found* had; leave no room in its backlog, listen(2)."""
        listener, planted = self._plant_socket(found)
        listener.listen(0)
        self._access.held.append(listener)
        for _ in range(2):
            if (connection := self._access.connect(planted)) is not None:
                self._access.held.append(connection)

    # -- delaying -------------------------------------------------------------------------

    def silence(self, found: Found) -> None:
        """Lock a file; connect to a socket, and send nothing."""
        if found.kind in ("file", "fifo"):
            fd = self._access.open(found.address, os.O_RDWR)
            self._access.held.append(fd)
            self.record.attempts += 1
            self.record.enter("lock", found)
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        elif found.kind in _LISTENERS:
            for _ in range(_SILENT_CONNECTIONS):
                self._access.write(found, b"", keep_open=True)

    def flood(self, found: Found) -> None:
        """Open more connections than the run can accept; fill a fifo or queue."""
        if found.kind in _LISTENERS:
            # It needs some itself, to look at processes.
            spare = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _OWN_DESCRIPTORS
            for _ in range(min(_FLOOD, spare)):
                if not self._access.write(found, b"", keep_open=True):
                    break
            for _ in range(_SHORT_FLOOD):
                if not self._access.write(found, b"x"):
                    break
        elif found.kind in _FLOOD_PIECE:
            size = _FLOOD_PIECE[found.kind]
            until = time.monotonic() + _FLOOD_SECONDS
            while self._access.write(found, random.randbytes(size)) and time.monotonic() < until:
                pass


def _changed(data: bytes) -> Iterator[bytes]:
    """Yield *data* with one bit changed."""
    for at in range(0, len(data), max(1, len(data) // _CHANGES)):
        for bit in _OTHER_NUMBERS:
            yield data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]


def _receive(listener: socket.socket) -> bytes:
    """Return what the next connection sends until it ends, or pauses for _RELAY_TIMEOUT."""
    data = b""
    connection, _ = listener.accept()
    with connection, contextlib.suppress(OSError):
        connection.settimeout(_RELAY_TIMEOUT)
        while piece := connection.recv(_READ):
            data += piece
    return data


ATTACKS: dict[str, Callable[[Intruder, Found], None]] = {
    "garbage": Intruder.send_garbage,
    "half": Intruder.send_half_frames,
    "code": Intruder.send_code,
    "replay": Intruder.replay,
    "forge": Intruder.forge,
    "witness": Intruder.witness,
    "take": Intruder.take,
    "alter": Intruder.alter,
    "remove": Intruder.remove,
    "chmod": Intruder.chmod,
    "link": Intruder.link,
    "link_inside": Intruder.link_inside,
    "block": Intruder.block,
    "man_in_the_middle": Intruder.man_in_the_middle,
    "silence": Intruder.silence,
    "flood": Intruder.flood,
}
