"""Shared memory with a notice of eight bytes by a pipe: written once, and read in place.

That is what shared memory is for: the kernel copies eight bytes, whatever the size of the message.
What the caller gets is a view of the memory, which holds until half of the room was sent after it.
To read in place costs what it costs whoever looks at the message, and that is not timed.
"""

import contextlib
import os
import select
import struct
from collections.abc import Callable, Iterator
from typing import Any

from tests.benchmarks.message_peers import END, Opened, Receive, Work, forked, link
from tests.benchmarks.message_peers.memory import HEAD, ROOM, end, place, shared, touched

_NOTICE = struct.Struct("=II")  # where in the room a message is, and its size
_ACK = struct.Struct("=Q")  # the position up to which all was taken
_NOTICES = 65536  # bytes to read at once
_AHEAD = ROOM // 2  # bytes that may be sent and not taken


def unsupported() -> str | None:
    """Return None: it is in the standard library."""
    return None


class _Way:
    """One direction of a worker: its memory, its notices, and how far these were taken."""

    def __init__(self) -> None:
        self._memory = shared()
        self._room = memoryview(b"")
        self.notices, self._notify = os.pipe()
        self._acks, self._acknowledge = os.pipe()
        self._sent = self._taken = self._told = 0
        self._allowed = _AHEAD

    def begin(self) -> None:
        """Map the memory, in each of the two processes."""
        self._room = touched(self._memory)[HEAD:]

    def send(self, data: bytes) -> None:
        """Write a message, and its notice; wait while it is too far ahead."""
        size = len(data)
        at = place(self._sent, size)
        self._sent = end(at, size)
        while self._sent > self._allowed:
            acks = os.read(self._acks, _NOTICES)
            self._allowed = _ACK.unpack(acks[-_ACK.size :])[0] + _AHEAD
        at %= ROOM
        self._room[at : at + size] = data
        os.write(self._notify, _NOTICE.pack(at, size))

    def take(self) -> list[memoryview]:
        """Wait for notices; return views of their messages."""
        found = []
        data = os.read(self.notices, _NOTICES)  # whole ones: what is within PIPE_BUF is not split
        for at, size in _NOTICE.iter_unpack(data):
            found.append(self._room[at : at + size])
            self._taken = end(place(self._taken, size), size)
        if self._taken > self._told + _AHEAD // 4:
            self._told = self._taken
            os.write(self._acknowledge, _ACK.pack(self._taken))
        return found

    def receive(self) -> Callable[[], memoryview]:
        """Return what takes one message."""

        def messages() -> Iterator[memoryview]:
            while True:
                yield from self.take()

        return messages().__next__

    def close(self) -> None:
        """Close the pipes."""
        for fd in (self.notices, self._notify, self._acks, self._acknowledge):
            os.close(fd)


def _work(work: Work, worker: int, up: _Way, down: _Way | None) -> None:
    for way in filter(None, (up, down)):
        way.begin()
    work(link(worker, up.send, down.receive() if down else None))
    up.send(END)


def _receive(ways: list[_Way]) -> Receive:
    if len(ways) == 1:
        receive = ways[0].receive()
        return lambda: (0, receive())
    poller = select.poll()
    number = {}
    for worker, way in enumerate(ways):
        poller.register(way.notices, select.POLLIN)
        number[way.notices] = worker

    def messages() -> Iterator[tuple[int, Any]]:
        while True:
            for fd, _ in poller.poll():
                worker = number[fd]
                for message in ways[worker].take():
                    yield worker, message

    return messages().__next__


@contextlib.contextmanager
def channel(work: Work, workers: int, *, duplex: bool = False) -> Iterator[Opened]:
    """Map a piece of memory for each worker and direction."""
    ways = [_Way() for _ in range(workers * (1 + duplex))]
    ups, downs = ways[:workers], ways[workers:]
    try:
        with forked(
            _work,
            [(work, each, ups[each], downs[each] if duplex else None) for each in range(workers)],
        ):
            for way in ways:
                way.begin()
            yield Opened(workers, _receive(ups), lambda worker, data: downs[worker].send(data))
    finally:
        for way in ways:
            way.close()
