"""Packets through fifos: one to the caller and, if duplex, one to each worker.

A packet has at most PIPE_BUF bytes, with a mark and a tag: another process of the same user could
have opened the fifo.
"""

import os
import select
import struct
from collections.abc import Callable, Sequence

from transports._channel.capacity import capacity, widen
from transports._channel.packets import Medium
from transports._channel.protocol import Given
from transports._supervisor import Supervisor
from transports._supervisor.directories import private_directory

Make = Callable[[Supervisor, str, str], tuple[str, int, int]]
"""Makes a fifo of a name in a directory; returns its path and both of its ends."""
Join = Callable[[str, int, int], int]
"""Opens a fifo by its path, if it is the same as a descriptor, with these flags."""

_READ = 65536  # bytes to read at once: what a pipe holds, pipe(7)
# Reads that bring no whole packet, after which `take` returns: another process may write garbage
# without end.
_READS = 16
_GARBAGE = ((b"", 0),)  # not a packet: a tag is never 0


class SyncMarks:
    """Packets in a stream of bytes that several processes write to, and foreign ones may.

    Before each goes a mark of eight bytes, by which it is found amid garbage, then its size
    and its tag.  The mark is the same for all streams of a run.
    """

    _HEAD = struct.Struct("=8sHQ")
    size = _HEAD.size

    def __init__(self, mark: bytes) -> None:
        self._mark = mark
        self._stream = b""

    def pack(self, data: Given, tag: int) -> bytes:
        """Return a packet with its mark."""
        return self._HEAD.pack(self._mark, len(data), tag) + data

    def cut(self, data: bytes) -> list[tuple[bytes, int]]:
        """Return payload and tag of the packets that are complete with *data*."""
        stream = self._stream + data if self._stream else data
        found, at = [], 0
        while (start := stream.find(self._mark, at)) >= 0:
            at = start
            if len(stream) - start < self.size:
                break
            _, size, tag = self._HEAD.unpack_from(stream, start)
            stop = start + self.size + size
            if stop > len(stream):
                break
            found.append((stream[start + self.size : stop], tag))
            at = stop
        if start < 0:  # what is left can only be the start of a mark
            at = max(at, len(stream) - 7)
        self._stream = stream[at:]
        return found


class _Fifo:
    """A fifo of packets: the caller holds both ends of it, a worker joins with one of its own."""

    def __init__(self, place: tuple[str, int, int], marks: SyncMarks, join: Join) -> None:
        self._path, self.fd, self.room = place
        self._marks, self._join = marks, join
        self._writer, self._reader = self.room, self.fd  # of this process

    def put(self, data: Given, tag: int, wait: bool) -> bool:
        try:
            os.write(self._writer, self._marks.pack(data, tag))  # whole: it is within PIPE_BUF
        except BlockingIOError:
            return False
        return True

    def take(self, wait: bool) -> Sequence[tuple[bytes, int]]:
        for _ in range(_READS):
            try:
                if found := self._marks.cut(os.read(self._reader, _READ)):
                    return found
            except BlockingIOError:
                return ()
        return _GARBAGE

    def join_to_write(self) -> None:
        """Open the write end of a worker: it blocks, which the caller's does not."""
        self._writer = self._join(self._path, self.fd, os.O_WRONLY)

    def join_to_read(self) -> None:
        """Open the read end of a worker."""
        self._reader = self._join(self._path, self.fd, os.O_RDONLY)


def medium(make: Make, join: Join, supervisor: Supervisor, workers: int, duplex: bool) -> Medium:
    """Make the fifos of a channel."""
    directory, mark = private_directory(supervisor), os.urandom(8)
    up, *down = (
        _Fifo(make(supervisor, directory, name), SyncMarks(mark), join)
        for name in ("fifo", *map(str, range(workers if duplex else 0)))
    )

    for each in (up, *down):
        widen(each.fd, 1 + len(down))

    def join_all(worker: int) -> None:
        # Before its work: a worker that changes its user could not open them later.
        up.join_to_write()
        if down:
            down[worker].join_to_read()

    return Medium(
        up,
        down,
        join=join_all,
        # A packet fits into a write that is not mixed with others'.
        most=select.PIPE_BUF - SyncMarks.size,
        held=lambda: capacity(up.fd) // SyncMarks.size,
    )
