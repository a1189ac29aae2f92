"""Messages over streams of bytes: one for each worker and direction.

Before each message goes its size, eight bytes in the byte order of the machine.  END in its place
tells that the worker has ended.
"""

import contextlib
import math
import os
import select
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

from transports._channel.protocol import (
    END,
    Channel,
    Given,
    Message,
    Work,
    check,
    one_direction,
)
from transports._channel.waiting import Waiting
from transports._supervisor import Supervisor, without_sigpipe, write_all


class Ends(NamedTuple):
    """One side of the streams of a worker: a descriptor to read from, and one to write to.

    They may be one and the same; -1 is none.
    """

    reader: int
    writer: int


_SIZE = struct.Struct("=Q")
_READ = 65536  # bytes to read at once: what a pipe holds, pipe(7)
# Bytes to read after a small message.  With the header of a bytes object this is less than 512,
# up to which CPython takes memory from pools of its own (Objects/obmalloc.c).
_FEW = 448
# Bytes from which a message is not copied behind its size: the copy would cost more than the system
# call that it saves.
_LARGE = 32768

# A socket that is the only one is read without poll(2) before.  These are the limits to such a
# read, and to a write: a struct timeval each, sys_time.h(0p).
_TO_READ = struct.pack("@ll", 0, 250_000)  # a quarter of a second
_TO_WRITE = struct.pack("@ll", 0, 1)  # the shortest there is; Linux rounds it up to a clock tick

_EXIT_WAIT = 0.5  # seconds for a worker that has closed its end to exit
_EXIT_LOOK = 0.01  # seconds between two looks for that

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
            if size == END:
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


class _Link:
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
            raise one_direction()
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
        write_all(self._writer, _size(END))


def serve(work: Work, worker: int, ends: Ends, callers: Ends | None = None) -> None:
    """Do *work* in this worker, through its *ends*; close the caller's first."""
    for fd in set(callers or ()) - {-1}:
        os.close(fd)
    link = _Link(worker, *ends)
    work(link)
    link.finish()


class Streams:
    """The caller's ends of a stream of bytes for each worker and direction.

    ends: by worker; they become non-blocking.
    sockets: whether they are sockets.  A socket can be read with a limit to the wait, so the
        only one is read without poll(2) before.  A death is noticed by the end of the stream or,
        if a child of the worker holds the socket open, when the limit has passed.
    grace: see :meth:`transports._supervisor.Supervisor.events`.

    A worker that has exited is reported as dead only when nothing more of it can come: its
    stream was read to its end, or a look that began after the exit was seen found it empty
    (and, where a stream does not deliver at once, the last *grace* seconds brought nothing).
    """

    def __init__(
        self,
        waiting: Waiting,
        ends: list[Ends],
        duplex: bool,
        sockets: bool,
        grace: float = 0.0,
    ) -> None:
        self._waiting = waiting
        self._supervisor = supervisor = waiting.supervisor
        self._duplex = duplex
        self._write, self._put = without_sigpipe(os.write), without_sigpipe(_put)
        self._grace = grace
        self._alone = -1
        self._flows = {}
        for worker, (reader, writer) in enumerate(ends):
            self._flows[supervisor.listen(reader)] = _Inflow(worker, reader)
            for fd in {reader, writer} - {-1}:
                os.set_blocking(fd, False)
        self._writers = [writer for _, writer in ends]
        if sockets and len(ends) == 1 and waiting.no_deadline:
            self._alone, _ = ends[0]
            with socket.socket(fileno=os.dup(self._alone)) as place:
                place.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _TO_READ)
                place.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _TO_WRITE)
            os.set_blocking(self._alone, True)
        self._ended: set[int] = set()
        self._quiet_since: dict[int, float] = {}  # of workers that exited before they had ended
        self._backlog: deque[tuple[int, Message]] = deque()  # came while the caller waited to send
        self._messages = self._stream()

    def __iter__(self) -> Iterator[tuple[int, Message]]:
        return self._messages

    def _stream(self) -> Iterator[tuple[int, Message]]:  # noqa: PLR0912 - a round is one piece
        waiting, flows, workers = self._waiting, self._flows, len(self._flows)
        backlog, exited, ended = self._backlog, waiting.exited, self._ended
        poll, looked = waiting.poll, 0.0
        alone = [(self._alone, select.POLLIN)]
        while not exited or len(exited) < workers or len(ended) < workers:
            while backlog:
                yield backlog.popleft()
            owing = None
            if poll is not None and not exited:
                woken = alone if self._alone >= 0 else poll()
                flow = flows.get(woken[0][0])
                if len(woken) == 1 and flow is not None and flow.between:
                    try:
                        data = os.read(flow.fd, flow.most)
                    except BlockingIOError:  # the limit to a read of the only socket
                        waiting.wait(0)
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
                ready = waiting.handle(woken)
            else:
                owing = exited - ended
                for worker in owing - self._quiet_since.keys():
                    self._quiet_since[worker] = time.monotonic()
                ready = waiting.wait(self._grace if owing else math.inf)
                looked = time.monotonic()
            for fd in ready:
                while backlog:
                    yield backlog.popleft()
                for message in self._read(fd):
                    yield flows[fd].worker, message
            if owing:
                self._raise_if_silent(owing, ready, looked)
        yield from backlog

    def _raise_if_silent(self, owing: set[int], ready: list[int], looked: float) -> None:
        """Raise the error of a worker of *owing* of which nothing more can come.

        owing: workers that had exited, without their end, before the look that found *ready*.
        looked: when that look ended, by time.monotonic().
        """
        for fd, flow in self._flows.items():
            if (worker := flow.worker) not in owing or worker in self._ended:
                continue
            if fd not in self._supervisor.listening:  # read to its end
                raise self._supervisor.worker_error(worker)
            if fd in ready:
                self._quiet_since[worker] = looked
            elif looked >= self._quiet_since[worker] + self._grace:
                raise self._supervisor.worker_error(worker)

    def _read(self, fd: int) -> list[Message]:
        flow = self._flows[fd]
        try:
            messages = flow.read()
        except BlockingIOError:
            if self._alone >= 0:
                self._waiting.wait(0)
            return []
        except ConnectionError:
            messages = None
        return self._took(flow, messages)

    def _took(self, flow: _Inflow, messages: list[Message] | None) -> list[Message]:
        if flow.ended:
            self._ended.add(flow.worker)
        if messages is None:
            self._supervisor.ignore(flow.fd)
            self._alone = -1  # a read at the end of a stream does not wait
            return []
        return messages

    def send(self, worker: int, data: Given) -> None:
        if not self._duplex:
            raise one_direction()
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
            self._raise_if_dead(worker)
            raise

    def _push(self, writer: int, left: memoryview) -> None:
        """Send what is *left* of a message, and take in what comes meanwhile."""
        with self._waiting.writing(writer), self._not_blocking():
            while left:
                self._take_in()
                with contextlib.suppress(BlockingIOError):
                    left = left[self._write(writer, left) :]

    @contextlib.contextmanager
    def _not_blocking(self) -> Iterator[None]:
        """Let no read of the only socket wait: it may be woken because there is room to write."""
        if self._alone >= 0:
            os.set_blocking(self._alone, False)
        try:
            yield
        finally:
            if self._alone >= 0:
                os.set_blocking(self._alone, True)

    def _take_in(self, pause: float = math.inf) -> list[int]:
        """Wait, *pause* seconds at most; keep the messages that come; return what was ready."""
        ready = self._waiting.wait(pause)
        for fd in ready:
            if fd in self._flows:
                flow = self._flows[fd]
                self._backlog.extend((flow.worker, m) for m in self._read(fd))
        return ready

    def _raise_if_dead(self, worker: int) -> None:
        """Raise the error of a *worker* that has closed its end, if it exited amid its work.

        A worker may close its end and live on: its exit is waited for half a second.
        """
        exited, reader = self._waiting.exited, list(self._flows)[worker]
        until = time.monotonic() + _EXIT_WAIT
        while worker not in exited and time.monotonic() < until:
            self._take_in(_EXIT_LOOK)
        if worker not in exited:
            return
        # All that it sent can be read now, its end too: until a look finds nothing of it.
        while worker not in self._ended and reader in self._supervisor.listening:
            if reader not in self._take_in(self._grace):
                break
        if worker not in self._ended:
            raise self._supervisor.worker_error(worker)


@contextlib.contextmanager
def over_streams(
    make: Callable[[Supervisor, bool], tuple[Ends, Ends]],
    work: Work,
    workers: int,
    duplex: bool,
    timeout: float | None,
    *,
    sockets: bool,
) -> Iterator[Channel]:
    """Be a channel over the streams that *make* makes for each worker.

    make: takes the supervisor and whether the channel is duplex, and returns the ends of the
        caller and those of the worker, all owned by the supervisor.
    sockets: whether they are sockets.
    """
    check(workers)
    ends = []
    with Supervisor(timeout) as supervisor:
        for worker in range(workers):
            ours, theirs = make(supervisor, duplex)
            supervisor.fork(serve, work, worker, theirs, ours)
            for fd in set(theirs) - {-1}:
                supervisor.close(fd)
            ends.append(ours)
        waiting = Waiting(supervisor)
        streams = Streams(waiting, ends, duplex, sockets)
        with waiting.signals_delivered():
            yield streams
