"""Messages of any size, over what carries bytes or small packets.

A channel is built of one of two things, whichever the mechanism gives:

* :class:`Streams`: a stream of bytes for each worker and direction.  Before each message
  goes its size.  A worker is who holds the other end, so nothing else has to be signed.
* :class:`Packets`: one place that all workers put packets of a limited size into.  A message
  is cut to fit, and each packet has a tag of :class:`Tags`.

At the end of its work each worker says so: exit status 0 without that is an error.  The
caller never waits for one thing alone: while it waits for room to send, it takes in what the
workers send, so that the two cannot wait for each other.
"""

import contextlib
import errno
import hashlib
import itertools
import math
import mmap
import os
import secrets
import select
import socket
import struct
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias

import kernel
from transports import _crew

Message: TypeAlias = bytes | bytearray
Given: TypeAlias = bytes | bytearray | memoryview


class Link(Protocol):
    """What a worker has of a channel."""

    worker: int
    """Its number, from 0."""

    def send(self, data: Given) -> None:
        """Send a message to the caller; wait while the channel is full."""

    def receive(self) -> Message:
        """Wait for the next message from the caller, if the channel is duplex."""


class Channel(Protocol):
    """What the caller has of a channel."""

    def __iter__(self) -> Iterator[tuple[int, Message]]:
        """Yield (worker, message) as they come, until every worker has ended."""

    def send(self, worker: int, data: Given) -> None:
        """Send a message to *worker*, if the channel is duplex."""


Work: TypeAlias = Callable[[Link], None]


def check(workers: int) -> None:
    """Raise TypeError or ValueError for a number of workers that is none."""
    kernel.slices(0, workers)


def _no_way_back() -> NotImplementedError:
    return NotImplementedError("this channel has one direction: open it with duplex=True")


# -- streams --------------------------------------------------------------------------------

_SIZE = struct.Struct("=Q")
_END = 2**64 - 1  # in the place of a size: there are no more
_READ = 65536  # bytes: what a pipe holds, pipe(7)
_FEW = 448  # bytes to read after a small message: room that CPython has at hand, in a pool
_LARGE = 32768  # bytes from which a message is not copied for the sake of fewer system calls

# How long a socket may be waited at that is read with no poll(2) before, and written to: a
# timeval each, sys_time.h(0p).
_TO_READ = struct.pack("@ll", 0, 250_000)  # a quarter of a second
_TO_WRITE = struct.pack("@ll", 0, 1)  # the least there is, which Linux makes a tick of its clock

_size_at = _SIZE.unpack_from
_size = _SIZE.pack


def _parts(data: Given) -> list[Given]:
    if type(data) is not bytes:
        data = memoryview(data).cast("B")
    size = len(data)
    return [_size(size) + data] if size < _LARGE else [_size(size), data]


def _put(fd: int, data: Given) -> memoryview:
    """Write what fits of a message; return what is left, as one view of bytes."""
    parts = _parts(data)
    done = os.writev(fd, parts)
    last = parts[-1]
    if done >= sum(map(len, parts)) - len(last):  # a cut within the size before it is rare
        return memoryview(last)[done - sum(map(len, parts[:-1])) :]
    return memoryview(b"".join(parts))[done:]


class _Inflow:
    """The messages out of a stream of bytes."""

    def __init__(self, worker: int, fd: int) -> None:
        self.worker = worker
        self.fd = fd
        self.ended = False
        self.most = _READ
        """Bytes to read at once."""
        self.between = True
        """Whether no part of a message has been read yet."""
        self._rest = b""  # the start of a frame
        self._large = bytearray()  # a message under way, and the place of what is to come
        self._place: memoryview | None = None

    def read(self) -> list[Message] | None:
        """Read once; return the messages that are whole by that, or None at the end of file."""
        if self._place is not None:
            size = os.readv(self.fd, [self._place])
            if size < len(self._place):
                self._place = self._place[size:]
                return [] if size else None
            self._place, whole = None, self._large
            self.between = True
            return [whole]
        data = os.read(self.fd, _READ)
        return self.cut(data) if data else None

    def cut(self, data: bytes) -> list[Message]:
        """Return the messages that are whole by *data*, which was read."""
        self.most = _READ
        if self._rest:
            data = self._rest + data
        messages: list[Message] = []
        at, end = 0, len(data)
        while end - at >= 8:
            (size,) = _size_at(data, at)
            if size == _END:
                self.ended = True
                break
            stop = at + 8 + size
            if stop > end:
                if size >= _LARGE:
                    self._large = bytearray(size)
                    self._large[: end - at - 8] = data[at + 8 :]
                    self._place = memoryview(self._large)[end - at - 8 :]
                    at = end
                break
            messages.append(data[at + 8 : stop])
            at = stop
        self._rest = data[at:]
        self.between = not self._rest and self._place is None
        return messages


class _StreamLink:
    """A worker's ends of its streams; -1 for none."""

    def __init__(self, worker: int, reader: int, writer: int) -> None:
        self.worker = worker
        self._writer = writer
        self._inflow = _Inflow(worker, reader) if reader >= 0 else None
        self._messages: deque[Message] = deque()

    def send(self, data: Given) -> None:
        if type(data) is bytes and len(data) < _LARGE:  # as a rule
            frame = _size(len(data)) + data
            if (done := os.write(self._writer, frame)) == len(frame):
                return
            left = memoryview(frame)[done:]
        else:
            left = _put(self._writer, data)
        while left:
            left = left[os.write(self._writer, left) :]

    def receive(self) -> Message:
        if (inflow := self._inflow) is None:
            raise _no_way_back()
        while not self._messages:
            if inflow.between:
                data = os.read(inflow.fd, inflow.most)
                if len(data) >= 8 and _size_at(data)[0] == len(data) - 8:  # one, as a rule
                    inflow.most = _FEW if len(data) < _FEW else _READ
                    return data[8:]
                messages = inflow.cut(data) if data else None
            else:
                messages = inflow.read()
            if messages is None:
                raise EOFError("the caller has closed the channel")
            self._messages.extend(messages)
        return self._messages.popleft()

    def finish(self) -> None:
        _crew.write_all(self._writer, _size(_END))


def serve_streams(work: Work, worker: int, reader: int, writer: int, *others: int) -> None:
    """Do *work* in this worker, which reads from *reader*, or -1, and writes to *writer*.

    others: the caller's ends, which are closed first; -1 is none.
    """
    for fd in {*others} - {-1}:
        os.close(fd)
    link = _StreamLink(worker, reader, writer)
    work(link)
    link.finish()


class Streams:
    """The caller's ends of a stream of bytes for each worker and direction.

    ends: by worker, the descriptor to read from and the one to write to, if there is one; they
        may be one and the same, and become non-blocking.
    sockets: whether they are sockets.  A socket can be read with a limit to the wait, so one
        alone is read with no poll(2) before: the end of the stream tells of a death or, should
        a child of the worker hold the socket, that limit.
    grace: see :meth:`transports._crew.Crew.events`.

    A worker that has exited is reported as dead only when nothing more of it can come: its
    stream was read to its end, or a look that began after the exit was seen found it empty
    (and, where a stream does not deliver at once, the last *grace* seconds brought nothing).
    """

    def __init__(
        self,
        crew: _crew.Crew,
        ends: list[tuple[int, int]],
        duplex: bool,
        sockets: bool,
        grace: float = 0.0,
    ) -> None:
        self._crew = crew
        self._duplex = duplex
        self._write, self._put = _crew.quiet(os.write), _crew.quiet(_put)
        self._grace = grace
        self._alone = -1
        self._flows = {}
        for worker, (reader, writer) in enumerate(ends):
            self._flows[crew.listen(reader)] = _Inflow(worker, reader)
            for fd in {reader, writer} - {-1}:
                os.set_blocking(fd, False)
        self._writers = [writer for _, writer in ends]
        if sockets and len(ends) == 1 and crew.patient:
            self._alone, _ = ends[0]
            with socket.socket(fileno=os.dup(self._alone)) as place:
                place.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _TO_READ)
                place.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _TO_WRITE)
            os.set_blocking(self._alone, True)
        self._ended: set[int] = set()
        self._quiet_since: dict[int, float] = {}  # of workers that exited before they had ended
        self._backlog: deque[tuple[int, Message]] = deque()  # came while we waited to send
        self._messages = self._stream()

    def __iter__(self) -> Iterator[tuple[int, Message]]:
        return self._messages

    def _stream(self) -> Iterator[tuple[int, Message]]:  # noqa: PLR0912 - a round is one piece
        crew, flows, workers = self._crew, self._flows, len(self._flows)
        backlog, exited, ended = self._backlog, crew.exited, self._ended
        poll = crew.poll
        alone = [(self._alone, select.POLLIN)]
        while not exited or len(exited) < workers or len(ended) < workers:
            while backlog:
                yield backlog.popleft()
            owing: set[int] = set()
            if poll is not None and not exited:
                woken = alone if self._alone >= 0 else poll()
                flow = flows.get(woken[0][0])
                if len(woken) == 1 and flow is not None and flow.between:
                    try:
                        data = os.read(flow.fd, flow.most)
                    except BlockingIOError:  # at the limit of one that is alone
                        crew.look(0)
                        continue
                    except ConnectionError:
                        data = b""
                    if len(data) >= 8 and _size_at(data)[0] == len(data) - 8:  # as a rule
                        flow.most = _FEW if len(data) < _FEW else _READ
                        yield flow.worker, data[8:]
                        continue
                    for message in self._took(flow, flow.cut(data) if data else None):
                        yield flow.worker, message
                    continue
                ready = crew.look_at(woken)
            else:
                owing = exited - ended
                for worker in owing - self._quiet_since.keys():
                    self._quiet_since[worker] = time.monotonic()
                ready = crew.look(self._grace if owing else math.inf)
            for fd in ready:
                while backlog:
                    yield backlog.popleft()
                for message in self._read(fd):
                    yield flows[fd].worker, message
            if owing:
                self._raise_if_silent(owing, ready)
        yield from backlog

    def _raise_if_silent(self, owing: set[int], ready: list[int]) -> None:
        """Raise the error of a worker of *owing* of which nothing more can come.

        owing: workers that had exited, without their end, before the look that found *ready*.
        """
        now = time.monotonic()
        for fd, flow in self._flows.items():
            if (worker := flow.worker) not in owing or worker in self._ended:
                continue
            if not self._crew.listens(fd):  # read to its end
                raise self._crew.blame(worker)
            if fd in ready:
                self._quiet_since[worker] = now
            elif now >= self._quiet_since[worker] + self._grace:
                raise self._crew.blame(worker)

    def _read(self, fd: int) -> list[Message]:
        flow = self._flows[fd]
        try:
            messages = flow.read()
        except BlockingIOError:
            if self._alone >= 0:
                self._crew.look(0)
            return []
        except ConnectionError:
            messages = None
        return self._took(flow, messages)

    def _took(self, flow: _Inflow, messages: list[Message] | None) -> list[Message]:
        if flow.ended:
            self._ended.add(flow.worker)
        if messages is None:
            self._crew.ignore(flow.fd)
            self._alone = -1  # to read it again would not be to wait
            return []
        return messages

    def send(self, worker: int, data: Given) -> None:
        if not self._duplex:
            raise _no_way_back()
        writer = self._writers[worker]
        try:
            try:
                if type(data) is bytes and len(data) < _LARGE:  # as a rule
                    frame = _size(len(data)) + data
                    if (done := self._write(writer, frame)) == len(frame):
                        return
                    left = memoryview(frame)[done:]
                else:
                    left = self._put(writer, data)
            except BlockingIOError:
                left = memoryview(b"".join(_parts(data)))
            if left:
                self._push(writer, left)
        except ConnectionError:
            self._mourn(worker)
            raise

    def _push(self, writer: int, left: memoryview) -> None:
        with self._crew.writing(writer):
            while left:
                self._take_in()
                with contextlib.suppress(BlockingIOError):
                    left = left[self._write(writer, left) :]

    def _take_in(self, pause: float = math.inf) -> list[int]:
        """Wait, *pause* seconds at most; keep the messages that come; return what was ready."""
        ready = self._crew.look(pause)
        for fd in ready:
            if fd in self._flows:
                flow = self._flows[fd]
                self._backlog.extend((flow.worker, m) for m in self._read(fd))
        return ready

    def _mourn(self, worker: int) -> None:
        """Raise the error of a *worker* that has closed its end, if it exited amid its work.

        A worker may close its end and live on: its exit is waited for half a second.
        """
        exited, reader = self._crew.exited, list(self._flows)[worker]
        until = time.monotonic() + 0.5
        while worker not in exited and time.monotonic() < until:
            self._take_in(0.01)
        if worker not in exited:
            return
        # All that it sent can be read now, its end too: until a look finds nothing of it.
        while worker not in self._ended and self._crew.listens(reader):
            if reader not in self._take_in(self._grace):
                break
        if worker not in self._ended:
            raise self._crew.blame(worker)


def greet(
    crew: _crew.Crew,
    listener: socket.socket,
    seal: _crew.Seal,
    welcome: Callable[[socket.socket, object], bool],
    workers: int,
    grace: float = 0.0,
) -> list[tuple[int, int]]:
    """Accept a connection of each worker, and return the ends for :class:`Streams`.

    The first frame of a connection is sealed, and tells whose it is.  That signs all that
    follows: the kernel lets nobody else into a connection, so to sign each message would cost
    time and add nothing.

    grace: see :meth:`transports._crew.Crew.events`.
    """
    listener.setblocking(False)
    entrance = crew.listen(listener.fileno())
    heard: dict[int, tuple[socket.socket, bytes]] = {}
    known: dict[int, int] = {}
    owing = _crew.Owing(grace)
    while len(known) < workers:
        owing.expect(crew.exited - known.keys())
        ready = crew.look(grace if owing else math.inf)
        for fd in ready:
            if fd == entrance:
                for connection in _crew.admitted(crew, listener, welcome):
                    heard[crew.listen(connection.fileno())] = (connection, b"")
                continue
            connection, frame = heard.pop(fd)
            try:
                data = connection.recv(seal.size - len(frame))  # and no byte of what follows
            except ConnectionError:
                data = b""
            frame += data
            if data and len(frame) < seal.size:
                heard[fd] = (connection, frame)
                continue
            crew.ignore(fd)
            sums = seal.unpack(frame)
            for worker in sums:
                known.setdefault(worker, fd)
            if fd not in known.values():
                crew.close(connection)
        for worker in owing.lost(known, bool(ready)):
            raise crew.blame(worker)
    crew.ignore(entrance)
    for connection, _ in heard.values():
        crew.close(connection)
    return [(known[worker], known[worker]) for worker in range(workers)]


# -- packets --------------------------------------------------------------------------------


class Tags:
    """Signs packets, so that no stranger can add, change, repeat or drop one unseen.

    The tag of a packet is a hash of its payload, exclusive or a pad: a random number that both
    sides draw from a key, another for each packet (Wegman and Carter, 1981).  So a tag says
    whose packet it is, which one, and that it has not been changed; the packet has no header.

    workers: their number.  The lowest bits of a pad are its worker, and are left by the hash.
    bits: of a tag, which has one more, always 1, for where none may be 0.
    trusted: that nobody else can reach the packets.  Then the hash is their size.

    The hash is SipHash, which was made for short messages that somebody who lacks the key must
    not be able to sign (Aumasson and Bernstein, 2012).  CPython has it under hash() (PEP 456),
    with a key of its own for each process that fork(2) hands on.  Where that key is known or
    the algorithm another, it is BLAKE2.
    """

    _BATCH = struct.Struct("=256Q")  # pads that are drawn at once

    def __init__(self, workers: int, *, bits: int = 63, trusted: bool = False) -> None:
        key = secrets.token_bytes(32)

        def blake2(data: bytes) -> int:
            digest = hashlib.blake2b(data, digest_size=8, key=key).digest()
            return int.from_bytes(digest, "little")

        siphash = sys.hash_info.algorithm.startswith("siphash") and sys.hash_info.width == 64
        secret: Callable[[bytes], int] = (
            hash if siphash and sys.flags.hash_randomization else blake2
        )
        self.digest = len if trusted else secret
        self._prf = blake2
        self._key = key
        self.low = (1 << (workers - 1).bit_length()) - 1
        """The bits of a tag that are the worker."""
        self.mask = (1 << bits) - 1 - self.low
        """The bits of a tag that are the hash's."""
        self._ones = sum(1 << at for at in range(0, 8 * self._BATCH.size, 64))
        self._masks, self._tops = self.mask * self._ones, self._ones << bits

    def batch(self, worker: int, number: int) -> tuple[int, ...]:
        """Return the pads of 256 packets of *worker*, after *number* such batches."""
        seed = self._key + struct.pack("=QQ", worker, number)
        size = self._BATCH.size
        pads = int.from_bytes(hashlib.shake_128(seed).digest(size), sys.byteorder)
        # All of them at a time: these run for each packet.
        pads = pads & self._masks | self._tops + worker * self._ones
        return self._BATCH.unpack(pads.to_bytes(size, sys.byteorder))

    def control(self, pad: int) -> int:
        """Return the pad for a packet in the same place that is no message, nor part of one."""
        return self._prf(_size(pad)) & self.mask | pad & ~self.mask


class Flow:
    """The packets of one worker in one direction, as their sender and their receiver see it.

    A message that does not fit into a packet is announced by its size.
    """

    def __init__(self, tags: Tags, worker: int) -> None:
        self.worker = worker
        self._tags = tags
        self.pads = itertools.chain.from_iterable(map(self._draw, itertools.count()))
        self.due = next(self.pads)
        """The pad of the next packet."""
        self.left = 0
        """Bytes that are to come of the message under way."""
        self.ended = False
        self._parts: list[bytes] = []

    def _draw(self, number: int) -> tuple[int, ...]:
        self._batch, self._number = self._tags.batch(self.worker, number), number
        return self._batch

    def announce(self, size: int) -> tuple[bytes, int]:
        """Return the packet that tells the size of what follows, or _END, and its tag."""
        data = _size(size)
        return data, self._tags.control(self.due) ^ self._tags.digest(data) & self._tags.mask

    def add(self, data: bytes) -> bytes | None:
        """Return the message that is whole with this packet, or None."""
        self._parts.append(data)
        self.left -= len(data)
        if self.left > 0:
            return None
        parts, self._parts = self._parts, []
        return b"".join(parts)

    def heed(self, data: bytes, tag: int) -> bool:
        """Return whether it is what :meth:`announce` returned, and take note of it.

        Raises OSError if it is a later packet than the one that is due.
        """
        tags = self._tags
        pad = tags.digest(data) & tags.mask ^ tag
        if pad == tags.control(self.due):
            self.due = next(self.pads)
            (size,) = _SIZE.unpack(data)
            self.ended = size == _END
            self.left = 0 if self.ended else size
            return True
        later = self._batch[self._batch.index(self.due) + 1 :]
        if pad in later or pad in tags.batch(self.worker, self._number + 1):
            raise OSError(f"another process has taken messages of worker {self.worker}")
        return False


class _Strangers:
    """Counts packets that nobody of the run has sent, of which there may be *most*.

    By chance one of them has the tag that is due, and who can try without end has it one day.
    """

    def __init__(self, most: int) -> None:
        self._left = most

    def count(self) -> None:
        """Raise OSError if this is one too many."""
        self._left -= 1
        if self._left < 0:
            raise OSError(errno.EBUSY, "another process sends to this channel")


_TAG = struct.Struct("=Q")
tag_size = _TAG.size
NOTICE = 1  # in the place of a tag, and none: each has its highest bit set
STRANGE = 256  # packets of strangers that are borne, as a rule


def join(data: bytes, tag: int) -> bytes:
    """Return a packet in which the tag comes first."""
    return _tag(tag) + data


def part(packet: bytes) -> tuple[bytes, int]:
    """Return the payload and the tag of such a packet."""
    return packet[8:], _tag_at(packet)[0] if len(packet) >= 8 else 0


_tag = _TAG.pack
_tag_at = _TAG.unpack_from


class Marks:
    """Packets in a stream of bytes that several write to, and strangers may.

    Before each goes a mark of eight bytes, by which it is found amid garbage, then its size
    and its tag.
    """

    _HEAD = struct.Struct("=8sHQ")
    size = _HEAD.size

    def __init__(self) -> None:
        self._mark = secrets.token_bytes(8)
        self._stream = b""

    def pack(self, data: bytes, tag: int) -> bytes:
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


class Ring:
    """A bounded buffer in shared memory, under semaphores.

    A packet has a slot of its own.  Each count of *there* is one whole packet, and they come
    in the order of their slots, so whoever has taken a count may read: no processor is relied
    on to show two writes to memory in their order.  Room is counted in batches of slots.

    A notice wakes the reader without a packet.  Its sender counts it as begun, releases *there*,
    and counts it as done.  The reader takes whatever count it gets first for a notice that has
    begun, so between the two a packet may wait whose count was taken for the notice.

    memory, at: HEAD bytes and then *slots*, a power of two, of SLOT bytes, all zero at first.
    lock: lets one writer in at a time, or None if there is but one.
    room, there: semaphores with counts of slots / BATCH and 0; these too have `acquire`, which
        raises if it has waited for its timeout, and `release`.
    """

    SLOT = 16384
    HEAD = 64
    BATCH = 4
    _COUNT = struct.Struct("=I")
    _BEGUN, _DONE = 4, 8  # where the counts of notices are, behind that of packets
    _SLOT = struct.Struct("=IQ")  # the size of a packet, and its tag
    most = SLOT - _SLOT.size

    def __init__(
        self, memory: mmap.mmap, at: int, slots: int, lock: Any, room: Any, there: Any
    ) -> None:
        self._memory, self._at, self._slots = memory, at, slots
        self._lock, self._room, self._there = lock, room, there
        self._taken = self._noticed = 0

    def put(self, data: bytes, tag: int, timeout: int | None = None) -> None:
        """Add a packet; wait for room, but with a *timeout* of 0."""
        memory, at = self._memory, self._at
        if self._lock is not None:
            self._lock.acquire()
        (number,) = self._COUNT.unpack_from(memory, at)
        if number % self.BATCH == 0:
            self._room.acquire(timeout)
        start = at + self.HEAD + number % self._slots * self.SLOT
        self._SLOT.pack_into(memory, start, len(data), tag)
        start += self._SLOT.size
        memory[start : start + len(data)] = data
        self._COUNT.pack_into(memory, at, number + 1 & 0xFFFFFFFF)
        # In this order: a writer may go when its packet is there, and the one behind it too.
        self._there.release()
        if self._lock is not None:
            self._lock.release()

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

    def take(self, timeout: float | None = None) -> tuple[bytes, int]:
        """Return the next packet and its tag, or a notice; wait for *timeout* s at most."""
        self._there.acquire(timeout)
        memory, number = self._memory, self._taken
        if self._COUNT.unpack_from(memory, self._at + self._BEGUN)[0] != self._noticed:
            self._noticed += 1
            return b"", NOTICE
        start = self._at + self.HEAD + number % self._slots * self.SLOT
        size, tag = self._SLOT.unpack_from(memory, start)
        start += self._SLOT.size
        data = memory[start : start + size]
        self._taken = number = number + 1 & 0xFFFFFFFF
        if number % self.BATCH == 0:
            self._room.release()
        return data, tag


_IDLE = 64  # times that a medium is asked in a row before the caller takes a nap


class Medium(Protocol):
    """What a mechanism has to offer for :class:`Packets`."""

    most: int
    """Bytes of a payload."""
    fd: int
    """What the caller sleeps on until there is a packet, or -1: then `take` sleeps."""

    @property
    def tags(self) -> Callable[[int], Tags]:
        """What signs packets of so many workers."""

    strange: int
    """Packets of strangers that are borne."""

    @property
    def notice(self) -> Callable[[], None] | None:
        """Where `take` sleeps, lets it return b"" with the tag NOTICE; it may wait itself."""

    @property
    def check(self) -> Callable[[], None] | None:
        """Called now and then in another process: ends the run if strangers have meddled."""

    def held(self) -> int:
        """Return how many packets to the caller there can be at most that were not taken yet."""

    def put(self, data: bytes, tag: int) -> None:
        """In a worker: send a packet to the caller; wait for room."""

    def take(self, wait: bool) -> Sequence[tuple[bytes, int]]:
        """In the caller: return packets that are there; with *wait*, and no fd, sleep for them.

        They come in the order in which they were put.  Without *wait*, nothing is returned only
        if no packet is there that was put before the call; where that cannot be said yet, it is
        a notice: b"" with the tag NOTICE.
        """

    def reply(self, worker: int, data: bytes, tag: int) -> bool:
        """In the caller: send a packet to a worker if there is room, and tell whether."""

    def room(self, worker: int) -> int:
        """Return what becomes writable when there is room for that, or -1."""

    def get(self, worker: int) -> tuple[bytes, int]:
        """In a worker: wait for a packet from the caller."""


def _pieces(data: Given, most: int) -> Iterator[bytes]:
    view = memoryview(data).cast("B")
    for at in range(0, max(1, len(view)), most):
        yield bytes(view[at : at + most])


class _PacketLink:
    """A worker's side of a medium."""

    def __init__(self, worker: int, medium: Medium, up: Tags, down: Tags | None) -> None:
        self.worker = worker
        self._most = medium.most
        self._put = medium.put
        self._get = medium.get
        self._out = Flow(up, worker)
        self._out_digest, self._out_mask = up.digest, up.mask
        self._in = None if down is None else Flow(down, worker)
        if down is not None:
            self._in_digest, self._in_mask = down.digest, down.mask
        self._strangers = _Strangers(medium.strange)

    def send(self, data: Given) -> None:
        flow = self._out
        if type(data) is bytes and len(data) <= self._most:  # as a rule
            self._put(data, self._out_digest(data) & self._out_mask ^ flow.due)
            flow.due = next(flow.pads)
            return
        size = memoryview(data).nbytes
        if size > self._most:
            self._announce(size)
        for piece in _pieces(data, self._most):
            self._put(piece, self._out_digest(piece) & self._out_mask ^ flow.due)
            flow.due = next(flow.pads)

    def _announce(self, size: int) -> None:
        self._put(*self._out.announce(size))
        self._out.due = next(self._out.pads)

    def receive(self) -> Message:
        if (flow := self._in) is None:
            raise _no_way_back()
        while True:
            data, tag = self._get(self.worker)
            if self._in_digest(data) & self._in_mask ^ tag == flow.due:
                flow.due = next(flow.pads)
                if not flow.left:
                    return data
                if (message := flow.add(data)) is not None:
                    return message
            elif not flow.heed(data, tag):
                self._strangers.count()

    def finish(self) -> None:
        self._announce(_END)


class Packets:
    """The caller's side of a medium that all workers put packets into."""

    def __init__(
        self,
        crew: _crew.Crew,
        medium: Medium,
        work: Work,
        workers: int,
        duplex: bool,
    ) -> None:
        self._crew = crew
        self._medium = medium
        self._most = medium.most
        self._reply = medium.reply
        self._up = medium.tags(workers)
        self._in = [Flow(self._up, worker) for worker in range(workers)]
        self._out: list[Flow] = []
        down = None
        if duplex:
            down = medium.tags(workers)
            self._out = [Flow(down, worker) for worker in range(workers)]
            self._out_digest, self._out_mask = down.digest, down.mask
        self._strangers = _Strangers(medium.strange)
        self._ended: set[int] = set()
        # Of workers that exited without their end: packets that may still be ahead of it.
        self._ahead: dict[int, int] = {}
        self._unopened: list[tuple[bytes, int]] = []  # came while we waited to send
        self._asked = self._idle = 0
        self._messages = self._stream()
        for worker in range(workers):
            crew.fork(_serve_packets, work, worker, medium, self._up, down)
        if medium.fd >= 0:
            crew.listen(medium.fd)
        elif medium.notice is not None and crew.patient:
            crew.watch(medium.notice, medium.check)

    def __iter__(self) -> Iterator[tuple[int, Message]]:
        return self._messages

    def _stream(self) -> Iterator[tuple[int, Message]]:  # noqa: PLR0912 - a round is one piece
        crew, medium, take = self._crew, self._medium, self._medium.take
        # Where nothing can be waited for together with the deaths of workers: `take` sleeps, and
        # is woken by a notice; if there is a time to be kept, it is asked again and again.
        sleeps, asks = medium.fd < 0 and crew.patient, medium.fd < 0 and not crew.patient
        workers, exited, ended = len(self._in), crew.exited, self._ended
        digest, mask, low = self._up.digest, self._up.mask, self._up.low
        # One for each value of these bits.
        flows = self._in + self._in[-1:] * (low + 1 - workers)
        turns, hot = 0, False
        while not exited or len(exited) < workers or len(ended) < workers:
            owing = exited - ended if exited else None
            packets: Sequence[tuple[bytes, int]]
            if self._unopened:
                packets, self._unopened, owing = self._unopened, [], None
            elif ended and len(ended) == workers:
                crew.look()
                packets = take(False)
            elif owing:
                packets = take(False)
            elif sleeps:
                packets = take(True)
                turns += 1
                if not packets or turns % 64 == 0:  # a notice may be behind much else
                    crew.look(0)
            elif asks:
                packets = self._ask()
            else:
                # To try at once saves a system call where there is more, and costs an exception
                # where there is not: do it now and then.
                if not hot:
                    crew.look()
                packets = take(False)
                turns += 1
                if hot and (not packets or turns % 64 == 0):
                    crew.look(0)
                hot = bool(packets) and (hot or turns % 8 == 0)
            for data, tag in packets:
                flow = flows[tag & low]
                if digest(data) & mask ^ tag == flow.due:
                    flow.due = next(flow.pads)
                    if not flow.left:  # as a rule
                        yield flow.worker, data
                    elif (message := flow.add(data)) is not None:
                        yield flow.worker, message
                elif not flow.heed(data, tag):  # a notice, or a stranger's
                    crew.look(0)
                    if tag != NOTICE:
                        self._strangers.count()
                elif flow.ended:
                    ended.add(flow.worker)
            if owing:
                self._raise_if_missing(owing, packets)

    def _raise_if_missing(self, owing: set[int], packets: Sequence[tuple[bytes, int]]) -> None:
        """Raise the error of a worker of *owing* whose end cannot come any more.

        owing: workers that had exited before *packets* were taken, and had not sent their end.
            What they put was in the medium by then.  So it has all been taken when the medium
            is empty, or has given as many packets since as it can hold.
        """
        taken = sum(tag != NOTICE for _, tag in packets)
        for worker in sorted(owing - self._ended):
            if worker not in self._ahead:
                self._ahead[worker] = self._medium.held()
            self._ahead[worker] -= taken
            if not packets or self._ahead[worker] < 0:
                raise self._crew.blame(worker)

    def _ask(self) -> Sequence[tuple[bytes, int]]:
        packets = self._medium.take(False)
        self._asked += 1
        self._idle = 0 if packets else self._idle + 1
        if self._idle > _IDLE:
            self._crew.look(1e-3)
        elif self._asked % _IDLE == 0:
            self._crew.look(0)
        elif self._idle:
            os.sched_yield()
        return packets

    def send(self, worker: int, data: Given) -> None:
        if not self._out:
            raise _no_way_back()
        flow = self._out[worker]
        if type(data) is bytes and len(data) <= self._most:  # as a rule
            tag = self._out_digest(data) & self._out_mask ^ flow.due
            if not self._reply(worker, data, tag):
                self._push(worker, data, tag)
            flow.due = next(flow.pads)
            return
        size = memoryview(data).nbytes
        if size > self._most:
            self._push(worker, *flow.announce(size))
            flow.due = next(flow.pads)
        for piece in _pieces(data, self._most):
            self._push(worker, piece, self._out_digest(piece) & self._out_mask ^ flow.due)
            flow.due = next(flow.pads)

    def _push(self, worker: int, data: bytes, tag: int) -> None:
        if self._reply(worker, data, tag):
            return
        room = self._medium.room(worker)
        with self._crew.writing(room) if room >= 0 else contextlib.nullcontext():
            while not self._reply(worker, data, tag):
                if worker in self._crew.exited:
                    raise BrokenPipeError(f"worker {worker} has ended")
                found = [packet for packet in self._medium.take(False) if packet[1] != NOTICE]
                self._unopened.extend(found)
                if not found:
                    # Where nothing tells of room, ask again each millisecond.
                    self._crew.look(math.inf if room >= 0 else 1e-3)


def _serve_packets(work: Work, worker: int, medium: Medium, up: Tags, down: Tags | None) -> None:
    link = _PacketLink(worker, medium, up, down)
    work(link)
    link.finish()


@contextlib.contextmanager
def packets(
    make: Callable[[_crew.Crew], Medium],
    work: Work,
    workers: int,
    duplex: bool,
    timeout: float | None,
) -> Iterator[Channel]:
    """Be a channel through the medium that *make* makes for a crew."""
    check(workers)
    with _crew.Crew(timeout) as crew:
        channel = Packets(crew, make(crew), work, workers, duplex)
        with crew.admit():
            yield channel
