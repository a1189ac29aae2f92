"""Messages in a stream of bytes: how one is written, and how it is found.

Before each message goes its size, eight bytes in the byte order of the machine.  END in its place
tells that the worker has ended.
"""

import os
import struct
from typing import NamedTuple

from transports._channel.protocol import END, Given, Message


class Ends(NamedTuple):
    """One side of the streams of a worker: a descriptor to read from, and one to write to.

    They may be one and the same; -1 is none.
    """

    reader: int
    writer: int


_SIZE = struct.Struct("=Q")
READ = 65536  # bytes to read at once: what a pipe holds, pipe(7)
# Bytes to read after a small message.  With the header of a bytes object this is less than 512,
# up to which CPython takes memory from pools of its own (Objects/obmalloc.c).
FEW = 448
# Bytes from which a message is not copied behind its size: the copy would cost more than the system
# call that it saves.
LARGE = 32768

size_at = _SIZE.unpack_from
size_of = _SIZE.pack


def parts_of(data: Given) -> list[Given]:
    """Return what is to be written of a message: one part, or its size and the message."""
    if type(data) is not bytes:
        data = memoryview(data).cast("B")
    size = len(data)
    return [size_of(size) + data] if size < LARGE else [size_of(size), data]


def left_of(parts: list[Given], done: int) -> memoryview:
    """Return what is left of *parts* when so many bytes have been written, as one view."""
    last = parts[-1]
    ahead = sum(map(len, parts[:-1]))
    if done >= ahead:  # a cut within the size before the message is rare
        return memoryview(last)[done - ahead :]
    return memoryview(b"".join(parts))[done:]


class Inflow:
    """The messages out of a stream of bytes."""

    def __init__(self, worker: int, fd: int) -> None:
        self.worker = worker
        self.fd = fd
        self.ended = False
        self.most = READ
        """Bytes to read at once."""
        self.between = True
        """Whether no part of a message has been read yet."""
        self._rest = b""  # the start of a frame
        self._large = bytearray()  # a message under way, and the place of what is to come
        self._place: memoryview | None = None

    def read(self) -> list[tuple[int, Message]] | None:
        """Read once; return (worker, message) of what is whole now, or None at the end of file."""
        if self._place is not None:
            size = os.readv(self.fd, [self._place])
            if size < len(self._place):
                self._place = self._place[size:]
                return [] if size else None
            self._place, whole = None, self._large
            self.between = True
            return [(self.worker, whole)]
        data = os.read(self.fd, READ)
        return self.cut(data) if data else None

    def cut(self, data: bytes) -> list[tuple[int, Message]]:
        """Return (worker, message) of what is whole by *data*, which was read."""
        self.most, worker = READ, self.worker
        if self._rest:
            data = self._rest + data
        messages: list[tuple[int, Message]] = []
        at, end = 0, len(data)
        while end - at >= 8:
            (size,) = size_at(data, at)
            if size == END:
                self.ended = True
                break
            stop = at + 8 + size
            if stop > end:
                if size >= LARGE:
                    self._large = bytearray(size)
                    self._large[: end - at - 8] = data[at + 8 :]
                    self._place = memoryview(self._large)[end - at - 8 :]
                    at = end
                break
            messages.append((worker, data[at + 8 : stop]))
            at = stop
        self._rest = data[at:]
        self.between = not self._rest and self._place is None
        return messages
