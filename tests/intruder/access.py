"""How the intruder writes to and reads from what it has found.

No function waits: what would block is left at that.
"""

import contextlib
import ctypes
import errno
import os
import select
import socket
import struct
from collections.abc import Callable
from typing import Any, ClassVar

from tests.intruder.finding import Found, Record, Search, identity_of
from tests.intruder.paths import FileObject
from tests.system.objects import system_v_objects

LIBC = ctypes.CDLL(None, use_errno=True)

_IPC_NOWAIT = 0o4000  # <sys/ipc.h>

_UNIX_TYPES = (socket.SOCK_STREAM, socket.SOCK_SEQPACKET, socket.SOCK_DGRAM)

SOCKETS = ("tcp", "udp", "abstract", "socket")

_CONNECT_LIMIT = 20  # milliseconds; on one machine a connection takes less than one

_MESSAGE = 8192  # bytes: the default limit of a message, msgmax in msgop(2) and mq_overview(7)
_READ = 65536  # bytes: the default capacity of a pipe, pipe(7)

# A queue to which the transport keeps sending would never be empty.
_MESSAGES = 1000

_TYPE_SIZE = 8  # bytes of mtype, a long, before the text of a message: msgop(2)


class Access:
    """Reads and writes; holds open what is to stay open until close()."""

    def __init__(self, search: Search, record: Record) -> None:
        self._search = search
        self._record = record
        self.held: list[int | socket.socket] = []

    def close(self) -> None:
        """Close all that is held open."""
        while self.held:
            thing = self.held.pop()
            with contextlib.suppress(OSError):
                os.close(thing) if isinstance(thing, int) else thing.close()

    # -- opening --------------------------------------------------------------------------

    def connect(self, found: Found) -> socket.socket | None:
        """Connect to a socket; return None if it does not accept, or is not the session's now."""
        if found.kind == "socket":
            with self._search.places.pin(found.address) as pinned:
                path = pinned.path("socket")
                return self._connect_any(found, socket.AF_UNIX, path, *_UNIX_TYPES)
        if found.kind == "abstract":
            return self._connect_any(found, socket.AF_UNIX, found.address, *_UNIX_TYPES)
        family, *address = found.address
        kind = socket.SOCK_STREAM if found.kind == "tcp" else socket.SOCK_DGRAM
        return self._connect_any(found, family, tuple(address), kind)

    def _connect_any(
        self, found: Found, family: int, address: Any, *types: socket.SocketKind
    ) -> socket.socket | None:
        """Connect by the first of *types* that the other end has."""
        for kind in types:
            connection = socket.socket(family, kind)
            connection.setblocking(False)
            code = connection.connect_ex(address)
            if code == errno.EINPROGRESS:
                poller = select.poll()
                poller.register(connection, select.POLLOUT)
                code = 0 if poller.poll(_CONNECT_LIMIT) else errno.ETIMEDOUT
            # Another program may have the address by now. Nothing has been sent to it yet.
            holder = self._search.sockets.get(found)
            if code == 0 and (holder is None or holder.is_open()):
                return connection
            connection.close()
            if code != errno.EPROTOTYPE:
                break
        return None

    def open(self, thing: FileObject, flags: int) -> int:
        """Open a file or fifo."""
        with self._search.places.pin(thing) as pinned:
            return pinned.open(flags)

    def _open_queue(self, found: Found, flags: int) -> int:
        fd = int(LIBC.mq_open(found.name.encode(), flags | os.O_NONBLOCK))
        if fd < 0:
            raise OSError(ctypes.get_errno(), "mq_open")
        if identity_of(os.fstat(fd)) != found.address:
            os.close(fd)
            raise OSError(errno.ESTALE, "another queue has this name now", found.name)
        return fd

    # -- writing --------------------------------------------------------------------------

    def write(self, found: Found, data: bytes, *, keep_open: bool = False) -> bool:
        """Write *data* into what was found; return whether the system allowed it.

        keep_open: whether the connection or file stays open.
        """
        self._record.attempts += 1
        writer = self._WRITERS.get(found.kind)
        allowed = False
        if writer is not None:
            with contextlib.suppress(OSError):
                allowed = writer(self, found, data, keep_open)
        if allowed:
            self._record.enter("write", found)
        return allowed

    def _write_to_socket(self, found: Found, data: bytes, keep_open: bool) -> bool:
        connection = self.connect(found)
        if connection is None:
            return False
        with contextlib.suppress(OSError):  # to connect was enough to get in
            connection.send(data)
        if keep_open:
            self.held.append(connection)
        else:
            connection.close()
        return True

    def _write_to_file(self, found: Found, data: bytes, keep_open: bool) -> bool:
        fd = self.open(found.address, os.O_WRONLY)
        if keep_open:
            self.held.append(fd)
        try:
            with contextlib.suppress(OSError):  # to open it for writing was enough to get in
                os.write(fd, data)
        finally:
            if not keep_open:
                os.close(fd)
        return True

    def _write_to_system_v_queue(self, found: Found, data: bytes, _keep_open: bool) -> bool:
        message = struct.pack("@l", 1) + data[:_MESSAGE]
        size = ctypes.c_size_t(min(len(data), _MESSAGE))
        return bool(LIBC.msgsnd(found.address, message, size, _IPC_NOWAIT) == 0)

    def _write_to_posix_queue(self, found: Found, data: bytes, _keep_open: bool) -> bool:
        fd = self._open_queue(found, os.O_WRONLY)
        size = ctypes.c_size_t(min(len(data), _MESSAGE))
        LIBC.mq_send(fd, data[:_MESSAGE], size, 0)
        os.close(fd)
        return True

    def _write_to_segment(self, found: Found, data: bytes, _keep_open: bool) -> bool:
        LIBC.shmat.restype = ctypes.c_void_p
        address = LIBC.shmat(found.address, None, 0)
        if address in (None, ctypes.c_void_p(-1).value):
            return False
        size = next(
            int(segment.columns["size"])
            for segment in system_v_objects()
            if (segment.kind, segment.id) == ("shm", found.address)
        )
        ctypes.memmove(address, data, min(size, len(data)))
        LIBC.shmdt(ctypes.c_void_p(address))
        return True

    # -- reading --------------------------------------------------------------------------

    def read(self, found: Found) -> list[bytes]:
        """Return what can be read, which also takes it out of a fifo or queue.

        Of a semaphore, which has nothing to read, lower the value.
        """
        self._record.attempts += 1
        reader = self._READERS.get(found.kind)
        if reader is not None:
            with contextlib.suppress(OSError):
                return reader(self, found)
        return []

    def _read_from_file(self, found: Found) -> list[bytes]:
        fd = self.open(found.address, os.O_RDONLY)
        self._record.enter("read", found)
        try:
            data = os.read(fd, _READ)
        finally:
            os.close(fd)
        return [data] if data else []

    def _read_from_system_v_queue(self, found: Found) -> list[bytes]:
        messages: list[bytes] = []
        buffer = ctypes.create_string_buffer(_MESSAGE + _TYPE_SIZE)
        length, any_type = ctypes.c_size_t(_MESSAGE), ctypes.c_long(0)
        while len(messages) < _MESSAGES:
            size = LIBC.msgrcv(found.address, buffer, length, any_type, _IPC_NOWAIT)
            if size >= 0 or ctypes.get_errno() == errno.ENOMSG:  # an empty queue was read too
                self._record.enter("read", found)
            if size < 0:
                break
            messages.append(buffer.raw[_TYPE_SIZE : _TYPE_SIZE + size])
        return messages

    def _read_from_posix_queue(self, found: Found) -> list[bytes]:
        messages: list[bytes] = []
        fd = self._open_queue(found, os.O_RDONLY)
        self._record.enter("read", found)
        buffer = ctypes.create_string_buffer(_READ)
        while (size := LIBC.mq_receive(fd, buffer, ctypes.c_size_t(_READ), None)) >= 0:
            messages.append(buffer.raw[:size])
        os.close(fd)
        return messages

    def _lower_semaphore(self, found: Found) -> list[bytes]:
        down = struct.pack("=Hhh", 0, -1, _IPC_NOWAIT)  # struct sembuf, semop(2)
        if LIBC.semop(found.address, down, ctypes.c_size_t(1)) == 0:
            self._record.enter("lower", found)
        return []

    # -- by kind --------------------------------------------------------------------------

    _WRITERS: ClassVar[dict[str, Callable[[Any, Found, bytes, bool], bool]]] = {
        **dict.fromkeys(SOCKETS, _write_to_socket),
        "fifo": _write_to_file,
        "file": _write_to_file,
        "msg": _write_to_system_v_queue,
        "mqueue": _write_to_posix_queue,
        "shm": _write_to_segment,
    }

    _READERS: ClassVar[dict[str, Callable[[Any, Found], list[bytes]]]] = {
        "fifo": _read_from_file,
        "file": _read_from_file,
        "msg": _read_from_system_v_queue,
        "mqueue": _read_from_posix_queue,
        "sem": _lower_semaphore,
    }
