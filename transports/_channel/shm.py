"""Packets through rings in shared memory: one to the caller and, if duplex, one to each worker.

The caller sleeps in sem_clockwait(3), and a process that watches the workers posts when one ends;
if that process is dead too, the caller looks itself twice a second.
"""

import math
import mmap
import struct
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Protocol

from transports._channel.authentication import NOTICE, Authenticator
from transports._channel.packets import Medium
from transports._channel.protocol import Given
from transports._semaphore import SIZE as SEMAPHORE
from transports._supervisor import Supervisor

# Slots of the ring to the caller, a power of two, and bytes of a packet: 1 MiB in all.
_SLOTS, _MOST = 16, 65536
_REPLIES, _MOST_DOWN = 8, 16384  # of the ring to a worker, smaller: each worker has one
_NAP = 0.5  # seconds, after which the caller looks whether a process has ended
_NOTICED = ((b"", NOTICE),)
_SEMAPHORES = 3 * SEMAPHORE  # before each ring
_MOMENT = 1e-3  # seconds to wait when a notice may have taken the count of a packet


class Semaphore(Protocol):
    """A semaphore in shared memory."""

    def acquire(self, timeout: float | None = None) -> bool:
        """Take one, and tell whether there was one; wait for *timeout* s, or None: for ever."""

    kept: deque[int]
    """Its only item is set to -1 when the one that `keep` has taken is used."""

    def keep(self, timeout: float | None = None) -> bool:
        """Do as `acquire`, unless one is kept."""

    def release(self) -> None:
        """Give one back."""

    post: Callable[[], object]
    """Gives one back by a function in C, which does not tell of an error."""


class Ring:
    """A bounded buffer in shared memory, under semaphores.

    A packet has a slot of its own.  Each count of *there* stands for one whole packet or for one
    notice, and packets come in the order of their slots.  So whoever has taken the count of a
    packet may read it, in whatever order the processor shows writes to memory.  Room is counted in
    batches of slots.

    A notice wakes the reader without a packet.  Its sender counts it as begun, releases *there*,
    and counts it as done.  The reader takes whatever count it gets first for a notice that has
    begun, so between the two a packet may wait whose count was taken for the notice.

    memory, at: HEAD bytes and then *slots*, a power of two, each of SLOT_HEAD bytes and *most*;
        all are zero at first.
    most: bytes of a packet.
    lock: lets one writer in at a time, or None if there is but one.
    free, there: semaphores with counts of slots / BATCH and 0.
    nap: seconds that `fetch` sleeps at most.
    until: when it has to return, by time.monotonic().
    """

    fd = room = -1  # there is none: a process that watches the workers gives a notice

    HEAD = 64
    SLOT_HEAD = 64  # so that what follows begins with a line of the cache
    BATCH = 4
    _COUNT = struct.Struct("=I")
    _BEGUN, _DONE = 4, 8  # where the counts of notices are, behind that of packets
    _PACKET = struct.Struct("=IQ")  # the size of a packet, and its tag

    def __init__(
        self,
        memory: mmap.mmap,
        at: int,
        slots: int,
        most: int,
        lock: Semaphore | None,
        free: Semaphore,
        there: Semaphore,
        nap: float = _NAP,
        until: float = math.inf,
    ) -> None:
        self._memory, self._at = memory, at
        self._slots, self._slot = slots, self.SLOT_HEAD + most
        self._lock, self._free, self._there = lock, free, there
        self._nap, self._until = nap, until
        self._taken = self._noticed = 0
        self.fetched: deque[tuple[bytes, int]] = deque()
        """Packets that the caller has fetched, and not used yet."""

    @classmethod
    def bytes_of(cls, slots: int, most: int) -> int:
        """Return the bytes of memory that a ring takes."""
        return cls.HEAD + slots * (cls.SLOT_HEAD + most)

    def put(self, data: Given, tag: int, wait: bool) -> bool:
        """Add a packet and tell whether there was room; with *wait*, wait for room."""
        memory, at = self._memory, self._at
        if self._lock is not None:
            self._lock.acquire()
        (number,) = self._COUNT.unpack_from(memory, at)
        if number % self.BATCH == 0 and not self._free.acquire(None if wait else 0):
            if self._lock is not None:
                self._lock.release()
            return False
        start = at + self.HEAD + number % self._slots * self._slot
        self._PACKET.pack_into(memory, start, len(data), tag)
        start += self.SLOT_HEAD
        memory[start : start + len(data)] = data
        self._COUNT.pack_into(memory, at, number + 1 & 0xFFFFFFFF)
        # The count before the lock: a writer that is killed between the two has delivered its
        # packet.  The other way round, the reader would lack one count for good.
        self._there.release()
        if self._lock is not None:
            self._lock.release()
        return True

    def notice(self) -> None:
        """Wake the reader, whoever may have died with the lock; one process at a time."""
        memory, at = self._memory, self._at
        (notices,) = self._COUNT.unpack_from(memory, at + self._BEGUN)
        self._COUNT.pack_into(memory, at + self._BEGUN, notices + 1)
        self._there.release()
        self._COUNT.pack_into(memory, at + self._DONE, notices + 1)

    def settled(self) -> bool:
        """Whether no notice is between its two counts.

        If that is so before `take` finds nothing, there is no packet: every count that was taken
        for a notice has been replaced by its sender.
        """
        memory, at = self._memory, self._at
        (begun,) = self._COUNT.unpack_from(memory, at + self._BEGUN)
        (done,) = self._COUNT.unpack_from(memory, at + self._DONE)
        return bool(begun == done)

    def take(self, wait: bool) -> Sequence[tuple[bytes, int]]:
        """Return the next packet and its tag, or nothing: for a worker, which gets no notices."""
        if not self._there.acquire(None if wait else 0):
            return ()
        packet, self._taken = self._packet(), self._taken + 1 & 0xFFFFFFFF
        if self._taken % self.BATCH == 0:
            self._free.release()
        return (packet,)

    def fetch(self, wait: bool) -> bool:
        """Have a further packet or notice in `fetched`, if there is one, and tell.

        With *wait*, sleep for it for a while.  An exception of a handler loses nothing.
        """
        settled = wait or self.settled()  # before the semaphore is tried
        if self._there.keep(self._pause() if wait else 0):
            self._use_kept()
            return True
        if not settled:
            time.sleep(_MOMENT)  # or a stopped watcher would keep a processor busy
            self.fetched += _NOTICED
        return not settled

    def _pause(self) -> float:
        if self._until == math.inf:  # as a rule
            return self._nap
        return max(0.0, min(self._nap, self._until - time.monotonic()))

    def _use_kept(self) -> None:
        """Fetch what the count stands for that is kept.

        A handler can run after a call alone, so none breaks into the steps that belong together.
        """
        kept, memory = self._there.kept, self._memory
        if self._COUNT.unpack_from(memory, self._at + self._BEGUN)[0] != self._noticed:
            kept[0] = -1
            self._noticed += 1
            self.fetched += _NOTICED
            return
        packet, number = (self._packet(),), self._taken + 1 & 0xFFFFFFFF
        kept[0] = -1
        self._taken = number
        self.fetched += packet
        if number % self.BATCH == 0:
            self._free.post()

    def _packet(self) -> tuple[bytes, int]:
        start = self._at + self.HEAD + self._taken % self._slots * self._slot
        size, tag = self._PACKET.unpack_from(self._memory, start)
        start += self.SLOT_HEAD
        return self._memory[start : start + size], tag


def medium(
    map_memory: Callable[[Supervisor, int], mmap.mmap],
    semaphore: Callable[[Supervisor, mmap.mmap, int, int], Semaphore],
    supervisor: Supervisor,
    workers: int,
    duplex: bool,
) -> Medium:
    """Make the rings of a channel.

    map_memory: maps so many bytes that the workers will share.
    semaphore: makes one in such memory, at an offset, of which a number is to be had.
    """
    up, *down = _rings(map_memory, semaphore, supervisor, workers, duplex)
    return Medium(
        up,
        down,
        most=_MOST,
        held=lambda: _SLOTS,
        authenticator=partial(Authenticator, trusted=True),  # the memory has no name
        foreign=0,
        notice=up.notice,
        wake=up.notice,
        fetch=up.fetch,
        unopened=up.fetched,
        most_down=_MOST_DOWN,
    )


def _rings(
    map_memory: Callable[[Supervisor, int], mmap.mmap],
    semaphore: Callable[[Supervisor, mmap.mmap, int, int], Semaphore],
    supervisor: Supervisor,
    workers: int,
    duplex: bool,
) -> Iterator[Ring]:
    """Yield the ring to the caller and, if duplex, one to each worker."""
    shapes = [(_SLOTS, _MOST)] + [(_REPLIES, _MOST_DOWN)] * (workers if duplex else 0)
    sizes = [_SEMAPHORES + Ring.bytes_of(*shape) for shape in shapes]
    memory, at = map_memory(supervisor, sum(sizes)), 0
    for (slots, most), size in zip(shapes, sizes, strict=True):
        several = at == 0 and workers > 1
        lock = semaphore(supervisor, memory, at, 1) if several else None  # one writer needs none
        free = semaphore(supervisor, memory, at + SEMAPHORE, slots // Ring.BATCH)
        there = semaphore(supervisor, memory, at + 2 * SEMAPHORE, 0)
        place = at + _SEMAPHORES
        yield Ring(memory, place, slots, most, lock, free, there, until=supervisor.deadline)
        at += size
