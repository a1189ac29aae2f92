"""Messages over streams of bytes: one for each worker and direction (:mod:`.framing`)."""

import contextlib
import math
import os
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Container, Iterator, Sequence
from typing import Any

from transports._channel.block import Block
from transports._channel.framing import (
    FEW,
    LARGE,
    READ,
    Ends,
    Inflow,
    left_of,
    parts_of,
    size_at,
    size_of,
)
from transports._channel.protocol import (
    Given,
    Message,
    Work,
    gone,
    no_worker,
    one_direction,
)
from transports._channel.state import (
    AWAY,
    BUSY,
    SAFE,
    Resumable,
    State,
    saved,
)
from transports._channel.stream_worker import serve
from transports._channel.waiting import Waiting
from transports._supervisor import Supervisor, without_sigpipe

# A socket that is the only one is read without poll(2) before.  These are the limits to such a
# read, and to a write: a struct timeval each, sys_time.h(0p).
_TO_READ = struct.pack("@ll", 0, 250_000)  # a quarter of a second
_TO_WRITE = struct.pack("@ll", 0, 1)  # the shortest there is; Linux rounds it up to a clock tick

_EXIT_WAIT = 0.5  # seconds for a worker that has closed its end to exit
_EXIT_LOOK = 0.01  # seconds between two looks for that


class Streams:
    """The caller's ends of a stream of bytes for each worker and direction.

    ends: by worker; they become non-blocking.
    sockets: whether they are sockets.  A socket can be read with a limit to the wait, so the
        only one is read without poll(2) before.  A death is noticed by the end of the stream or,
        if a child of the worker holds the socket open, when the limit has passed.

    A worker that has exited is reported as dead only when nothing more of it can come: its
    stream was read to its end, or a look that began after the exit was seen found it empty.
    """

    def __init__(
        self,
        waiting: Waiting,
        ends: list[Ends],
        duplex: bool,
        sockets: bool,
    ) -> None:
        self.state = State()
        self._waiting = waiting
        self._supervisor = supervisor = waiting.supervisor
        self._write: Any = without_sigpipe(os.write)
        self._writev: Any = without_sigpipe(os.writev)
        self._flows = {}
        for worker, (reader, writer) in enumerate(ends):
            self._flows[supervisor.listen(reader)] = Inflow(worker, reader)
            for fd in {reader, writer} - {-1}:
                os.set_blocking(fd, False)
        self._readers = [reader for reader, _ in ends]
        self._writers = [writer for _, writer in ends] if duplex else []
        self._chunks: list[bytes] = []  # read from the only socket, and not looked at yet
        self._reads: dict[int, Iterator[None]] = {}  # of the only socket, by the bytes to read
        self._alone = -1
        if sockets and len(ends) == 1 and waiting.no_deadline:
            self._read_alone(self._readers[0])
        self._ended: set[int] = set()
        self._backlog: deque[tuple[int, Message]] = deque()  # read, and not taken yet
        self._lost: Exception | None = None  # what to raise behind the backlog
        self._messages = Resumable(self._stream)

    def _read_alone(self, fd: int) -> None:
        """Let the only socket be read without poll(2) before."""
        self._alone = fd
        with socket.socket(fileno=os.dup(fd)) as place:
            place.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _TO_READ)
            place.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _TO_WRITE)
        os.set_blocking(fd, True)
        self._reads = {most: saved(self._chunks, os.read, fd, most) for most in (FEW, READ)}

    def wake(self) -> None:
        """Do nothing: at the death of its workers a thread wakes by itself."""

    def __iter__(self) -> Iterator[tuple[int, Message]]:
        if self.state.taken:
            raise self.state.refusal()
        return self._messages.items

    def _stream(self) -> Iterator[tuple[int, Message]]:  # noqa: PLR0912, PLR0915 - tuned
        state, waiting, flows, workers = self.state, self._waiting, self._flows, len(self._flows)
        backlog, exited, ended = self._backlog, waiting.exited, self._ended
        poll, monotonic, skip = waiting.poll(), time.monotonic, 0
        chunks, reads = self._chunks, self._reads
        self._messages.go_on()
        if state.taken:
            raise state.refusal()
        phase, state.taken = SAFE, True
        try:
            while True:
                while backlog:
                    if skip:
                        skip -= 1
                    else:
                        skip = waiting.look(monotonic())
                    message = backlog[0]
                    phase, state.taken = AWAY, False
                    del backlog[0]
                    yield message
                    if state.taken:
                        raise state.refusal()
                    phase, state.taken = SAFE, True
                if exited:
                    if self._lost is not None:
                        raise self._lost
                    if len(exited) == workers and len(ended) == workers:
                        break
                if poll is None or exited:
                    owing = exited - ended
                    ready = waiting.wait(0.0 if owing else math.inf)
                    phase = BUSY
                    self._take(ready, owing)
                    phase = SAFE
                    continue
                if (fd := self._alone) >= 0:
                    flow = flows[fd]
                    if not flow.between:
                        phase = BUSY
                        backlog.extend(self._read(fd))
                        phase = SAFE
                        continue
                    if not chunks:
                        try:
                            next(reads[flow.most])
                        except BlockingIOError:  # the limit to a read of the only socket
                            waiting.wait(0)
                            continue
                        except ConnectionError:
                            chunks.append(b"")
                    phase = BUSY
                    data = chunks[0]
                    del chunks[0]
                else:
                    woken = poll()
                    found = flows.get(woken[0][0]) if len(woken) == 1 else None
                    if found is None or not found.between:
                        ready = waiting.handle(woken)
                        phase = BUSY
                        self._take(ready)
                        phase = SAFE
                        continue
                    flow, phase = found, BUSY
                    try:
                        data = os.read(flow.fd, flow.most)
                    except ConnectionError:
                        data = b""
                if len(data) >= 8 and size_at(data)[0] == len(data) - 8:  # as a rule
                    flow.most = FEW if len(data) < FEW else READ
                    message = flow.worker, data[8:]
                    phase, state.taken = AWAY, False
                    yield message
                    if state.taken:
                        raise state.refusal()
                    phase, state.taken = SAFE, True
                else:
                    backlog.extend(self._took(flow, flow.cut(data) if data else None))
                    phase = SAFE
            self._messages.end()
            phase, state.taken = AWAY, False
        except BaseException as error:
            # First of all, before a further handler can raise.
            if phase == SAFE and self._supervisor.failure is None:
                state.taken = False
            elif phase != AWAY:
                state.broken_by = error
            if phase != AWAY and state.closed:  # by another thread: it has killed the workers
                raise state.refusal() from None
            raise

    def _take(self, ready: Sequence[int], owing: Container[int] = ()) -> None:
        """Read from all that is *ready*; note the error of a worker of which nothing can come.

        owing: workers that had exited, without their end, before the look that found *ready*.
        """
        for fd in ready:
            if fd in self._flows:
                self._backlog.extend(self._read(fd))
        for fd, flow in self._flows.items():
            if (worker := flow.worker) not in owing or worker in self._ended:
                continue
            if fd in self._supervisor.listening and fd in ready:  # else it was read to its end
                continue
            self._lost = self._supervisor.failure = self._supervisor.worker_error(worker)
            return

    def _read(self, fd: int) -> list[tuple[int, Message]]:
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

    def _took(
        self, flow: Inflow, messages: list[tuple[int, Message]] | None
    ) -> list[tuple[int, Message]]:
        if flow.ended:
            self._ended.add(flow.worker)
        if messages is None:
            self._supervisor.ignore(flow.fd)
            self._alone = -1  # a read at the end of a stream does not wait
            return []
        return messages

    def send(self, worker: int, data: Given) -> None:
        state = self.state
        if state.taken:
            raise state.refusal()
        try:
            writer = self._writers[worker]
        except (IndexError, TypeError):
            raise self._no_way(worker) from None
        if worker < 0:
            raise self._no_way(worker)
        if type(data) is not bytes or len(data) >= LARGE:
            self._send_parts(worker, writer, parts_of(data))
            return
        frame = size_of(len(data)) + data
        state.taken = True
        try:
            try:
                if (done := self._write(writer, frame)) == len(frame):
                    state.taken = False
                    return
            except BlockingIOError:
                done = 0
            except ConnectionError:
                done = -1
            sent = self._send_rest(worker, writer, [frame], done)
        except BaseException as error:
            state.broken_by = error
            if state.closed:
                raise state.refusal() from None
            raise
        state.taken = False
        if not sent:
            raise gone(worker)

    def _send_parts(self, worker: int, writer: int, parts: list[Given]) -> None:
        state = self.state
        state.taken = True
        try:
            try:
                done = self._writev(writer, parts)
            except BlockingIOError:
                done = 0
            except ConnectionError:
                done = -1
            sent = self._send_rest(worker, writer, parts, done)
        except BaseException as error:
            state.broken_by = error
            if state.closed:
                raise state.refusal() from None
            raise
        state.taken = False
        if not sent:
            raise gone(worker)

    def _no_way(self, worker: object) -> Exception:
        return no_worker(worker, len(self._readers)) if self._writers else one_direction()

    def _send_rest(self, worker: int, writer: int, parts: list[Given], done: int) -> bool:
        """Send what is left of *parts*, and take in what comes meanwhile; False if *worker* ended.

        done: bytes that were sent; -1: *worker* has closed its end.

        Raises WorkerError if *worker* ended amid its work.
        """
        if done >= 0:
            with contextlib.suppress(ConnectionError):
                if left := left_of(parts, done):
                    self._push(writer, left)
                return True
        self._raise_if_dead(worker)
        return False

    def _push(self, writer: int, left: memoryview) -> None:
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
        if self._chunks:
            self._backlog.extend(self._unpack_saved())
        ready = self._waiting.wait(pause)
        if self.state.closed:  # by another thread: the descriptors may be others' any moment
            raise self.state.refusal()
        for fd in ready:
            if fd in self._flows:
                self._backlog.extend(self._read(fd))
        return ready

    def _unpack_saved(self) -> list[tuple[int, Message]]:
        """Return the messages in what was read before a handler's exception broke in."""
        flow, data = self._flows[self._readers[0]], self._chunks.pop()
        return self._took(flow, flow.cut(data) if data else None)

    def _raise_if_dead(self, worker: int) -> None:
        """Raise the error of a *worker* that has closed its end, if it exited amid its work.

        A worker may close its end and live on: its exit is waited for half a second.
        """
        exited, reader = self._waiting.exited, self._readers[worker]
        until = time.monotonic() + _EXIT_WAIT
        while worker not in exited and time.monotonic() < until:
            self._take_in(_EXIT_LOOK)
        if worker not in exited:
            return
        # All that it sent can be read now, its end too: until a look finds nothing of it.
        while worker not in self._ended and reader in self._supervisor.listening:
            if reader not in self._take_in(0.0):
                break
        if worker not in self._ended:
            raise self._supervisor.worker_error(worker)


def over_streams(
    make: Callable[[Supervisor, bool], tuple[Ends, Ends]],
    work: Work,
    workers: int,
    duplex: bool,
    timeout: float | None,
    *,
    sockets: bool,
) -> Block:
    """Return a channel over the streams that *make* makes for each worker.

    make: takes the supervisor and whether the channel is duplex, and returns the ends of the
        caller and those of the worker, all owned by the supervisor.
    sockets: whether they are sockets.
    """

    def open_channel(waiting: Waiting) -> Streams:
        supervisor, ends = waiting.supervisor, []
        for worker in range(workers):
            ours, theirs = make(supervisor, duplex)
            supervisor.fork(serve, work, worker, theirs, ours)
            for fd in set(theirs) - {-1}:
                supervisor.close(fd)
            ends.append(ours)
        return Streams(waiting, ends, duplex, sockets)

    return Block(open_channel, workers, timeout)
