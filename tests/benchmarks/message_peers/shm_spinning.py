"""A ring in shared memory that spins: whoever waits looks at a counter again and again.

No system call is made for a message but sched_yield(2) now and then while it waits, so this is what
is fast where each process has a processor, and what takes a whole processor while nothing comes.
"""

import contextlib
import os
import platform
import time
from collections.abc import Iterator
from typing import Any

from tests.benchmarks.message_peers import END, PATIENCE, Opened, Receive, Work, forked, link
from tests.benchmarks.message_peers.memory import HEAD, ROOM, end, place, shared, touched

_SIZE = 8  # bytes before each message: its size
_WRITTEN, _TAKEN = 0, HEAD // 16  # counters of 8 bytes, in different cache lines
_LOOKS = 200  # before the processor is given to others


def unsupported() -> str | None:
    """Return why the ring cannot be used here, or None."""
    machine = platform.machine()
    if machine not in ("x86_64", "AMD64", "i686"):
        # Python has no barriers: the counter could be seen before the message.
        return f"on {machine} other processors may see stores in another order"
    return None


class _Ring:
    """One direction of a worker."""

    def __init__(self) -> None:
        self._memory = shared()
        self._sent = self._read = 0

    def begin(self) -> None:
        """Map the memory, in each of the two processes."""
        memory = touched(self._memory)
        self._counters = memory[:HEAD].cast("Q")
        self._room = memory[HEAD:]
        self._sizes = self._room.cast("Q")

    def send(self, data: bytes) -> None:
        """Wait for room, and write a message."""
        size = _SIZE + len(data)
        at = place(self._sent, size)
        after = end(at, size)
        if after - self._counters[_TAKEN] > ROOM:
            _reach(self._counters, _TAKEN, after - ROOM)
        start = at % ROOM
        if at != self._sent and self._sent % ROOM:
            self._sizes[self._sent % ROOM // 8] = ROOM  # nothing before the end
        self._sizes[start // 8] = len(data)
        self._room[start + _SIZE : start + size] = data
        self._sent = self._counters[_WRITTEN] = after

    def there(self) -> bool:
        """Tell whether there is a message."""
        return self._counters[_WRITTEN] != self._read

    def take(self) -> bytes:
        """Return a copy of the message that is there."""
        start = self._read % ROOM
        if (size := self._sizes[start // 8]) == ROOM:
            self._read += ROOM - start
            size, start = self._sizes[0], 0
        message = bytes(self._room[start + _SIZE : start + _SIZE + size])
        self._read = end(self._read, _SIZE + size)
        self._counters[_TAKEN] = self._read
        return message

    def receive(self) -> bytes:
        """Wait for a message."""
        _reach(self._counters, _WRITTEN, self._read + 1)
        return self.take()


def _reach(counters: memoryview, index: int, least: int) -> None:
    """Look at a counter until it is at least *least*."""
    until = time.monotonic() + PATIENCE
    while True:
        for _ in range(_LOOKS):
            if counters[index] >= least:
                return
        _give_way(until)


def _give_way(until: float) -> None:
    os.sched_yield()
    if time.monotonic() > until:
        raise TimeoutError(f"nothing has come for {PATIENCE} seconds")


def _work(work: Work, worker: int, up: _Ring, down: _Ring | None) -> None:
    for ring in filter(None, (up, down)):
        ring.begin()
    work(link(worker, up.send, down.receive if down else None))
    up.send(END)


def _receive(rings: list[_Ring]) -> Receive:
    if len(rings) == 1:
        receive = rings[0].receive
        return lambda: (0, receive())

    def messages() -> Iterator[tuple[int, Any]]:
        until, looks = time.monotonic() + PATIENCE, 0
        while True:
            for worker, ring in enumerate(rings):
                if ring.there():
                    yield worker, ring.take()
                    until, looks = time.monotonic() + PATIENCE, 0
            looks += 1
            if looks % _LOOKS == 0:
                _give_way(until)

    return messages().__next__


@contextlib.contextmanager
def channel(work: Work, workers: int, *, duplex: bool = False) -> Iterator[Opened]:
    """Map a ring for each worker and direction."""
    rings = [_Ring() for _ in range(workers * (1 + duplex))]
    ups, downs = rings[:workers], rings[workers:]
    with forked(
        _work, [(work, each, ups[each], downs[each] if duplex else None) for each in range(workers)]
    ):
        for ring in rings:
            ring.begin()
        yield Opened(workers, _receive(ups), lambda worker, data: downs[worker].send(data))
