"""Messages over a queue of packets of a limited size, that all workers put into.

A message that does not fit into a packet is announced by its size, and cut.
"""

import contextlib
import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from transports._channel.authentication import (
    FOREIGN,
    NOTICE,
    Authenticator,
    Digest,
    Flow,
    ForeignPackets,
)
from transports._channel.block import Block
from transports._channel.protocol import (
    END,
    Given,
    Message,
    Work,
    broken_link,
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
)
from transports._channel.waiting import Waiting
from transports._supervisor import Supervisor

_TRY_EVERY = 8  # rounds, after which it tries to take a packet without poll(2) before
_NAP = 1e-3  # seconds between two tries to send where nothing tells of room


class PacketQueue(Protocol):
    """One direction of a mechanism that carries packets of a limited size."""

    fd: int
    """What is readable while there is a packet, or -1: then the medium has `fetch`."""
    room: int
    """What is writable while there is room, or -1: then nothing tells."""

    def put(self, data: Given, tag: int, wait: bool) -> bool:
        """Add a packet and tell whether there was room; with *wait*, wait for room."""

    def take(self, wait: bool) -> Sequence[tuple[bytes, int]]:
        """Return packets in the order in which they were put; with *wait*, sleep for one.

        Without *wait*, nothing is returned only if no packet is there that was put before the
        call; where that cannot be said yet, it is a notice: b"" with the tag NOTICE.
        """


class Medium(NamedTuple):
    """What a mechanism gives to a channel.

    up: the queue of all workers to the caller.
    down: the queue of the caller to each worker; none if the channel is not duplex.
    most: bytes of a payload to the caller.
    most_down: bytes of a payload to a worker; None for as many.
    held: tells how many packets the queue to the caller can hold.
    authenticator: makes what signs the packets of so many workers.
    foreign: packets of other processes that are tolerated.
    notice: wakes a caller that sleeps in `take`, by a packet b"" with the tag NOTICE.
    wake: wakes it as well, and never waits.
    check: called now and then in another process: ends the run if others have meddled.
    join: called in each worker with its number, before its work.
    fetch: where *up* has no descriptor: has a packet of it in *unopened*, and tells whether there
        was one; with True, it sleeps for one, not longer than the timeout.  An exception of a
        handler loses nothing.
    unopened: packets of *up* that were taken, and not looked at yet; None for a new deque.
    """

    up: PacketQueue
    down: Sequence[PacketQueue]
    most: int
    held: Callable[[], int]
    authenticator: Callable[[int], Authenticator] = Authenticator
    foreign: int = FOREIGN
    notice: Callable[[], object] | None = None
    wake: Callable[[], object] | None = None
    check: Callable[[], None] | None = None
    join: Callable[[int], object] | None = None
    fetch: Callable[[bool], bool] | None = None
    unopened: deque[tuple[bytes, int]] | None = None
    most_down: int | None = None


def _pieces(view: memoryview, most: int, digest: Digest) -> Iterator[Given]:
    for at in range(0, max(1, len(view)), most):
        piece = view[at : at + most]
        yield piece if digest is len else bytes(piece)  # hash() takes bytes alone


class _Link:
    """A worker's side of a medium."""

    def __init__(
        self, worker: int, medium: Medium, up: Authenticator, down: Authenticator | None
    ) -> None:
        self.worker = worker
        self._most = medium.most
        self._put = medium.up.put
        self._out = Flow(up, worker)
        self._out_digest, self._out_mask = up.digest, up.mask
        self._in = None if down is None else Flow(down, worker)
        self._packets: Iterator[tuple[bytes, int]] = iter(())  # taken, and not looked at yet
        if down is not None:
            self._take = medium.down[worker].take
            self._in_digest, self._in_mask = down.digest, down.mask
        self._foreign = ForeignPackets(medium.foreign)
        self._unsent: BaseException | None = None  # what broke into `send`
        self._unread: BaseException | None = None  # and into `receive`

    def send(self, data: Given) -> None:
        if self._unsent is not None:
            raise broken_link(self._unsent)
        if type(data) is bytes and len(data) <= self._most:  # as a rule
            try:
                flow = self._out
                self._put(data, self._out_digest(data) & self._out_mask ^ flow.due, True)
                flow.due = next(flow.pads)
            except BaseException as error:
                self._unsent = error
                raise
        else:
            self._send_pieces(memoryview(data).cast("B"))

    def _send_pieces(self, view: memoryview) -> None:
        try:
            flow = self._out
            if view.nbytes > self._most:
                self._announce(view.nbytes)
            for piece in _pieces(view, self._most, self._out_digest):
                self._put(piece, self._out_digest(piece) & self._out_mask ^ flow.due, True)
                flow.due = next(flow.pads)
        except BaseException as error:
            self._unsent = error
            raise

    def _announce(self, size: int) -> None:
        self._put(*self._out.announce(size), True)
        self._out.due = next(self._out.pads)

    def receive(self) -> Message:
        if (flow := self._in) is None:
            raise one_direction()
        if self._unread is not None:
            raise broken_link(self._unread)
        try:
            while True:
                if (packet := next(self._packets, None)) is None:
                    packets = self._take(True)
                    if len(packets) != 1:
                        self._packets = iter(packets)
                        continue
                    (packet,) = packets  # as a rule
                data, tag = packet
                if self._in_digest(data) & self._in_mask ^ tag == flow.due:
                    flow.due = next(flow.pads)
                    if not flow.left:
                        return data
                    if (message := flow.add(data)) is not None:
                        return message
                elif not flow.accept_control(data, tag):
                    self._foreign.count()
        except BaseException as error:
            self._unread = error
            raise

    def finish(self) -> None:
        self._announce(END)


def _serve(
    work: Work, worker: int, medium: Medium, up: Authenticator, down: Authenticator | None
) -> None:
    if medium.join is not None:
        medium.join(worker)
    link = _Link(worker, medium, up, down)
    work(link)
    link.finish()


class _Packets:
    """The caller's side of a medium that all workers put packets into."""

    def __init__(
        self,
        waiting: Waiting,
        medium: Medium,
        up: Authenticator,
        down: Authenticator | None,
        workers: int,
    ) -> None:
        self.state = State()
        self._waiting = waiting
        self._supervisor = waiting.supervisor
        self._medium = medium
        self._most = medium.most if medium.most_down is None else medium.most_down
        self._puts = [queue.put for queue in medium.down]
        self._up = up
        self._in = [Flow(up, worker) for worker in range(workers)]
        self._out: list[Flow] = []
        if down is not None:
            self._out = [Flow(down, worker) for worker in range(workers)]
            self._out_digest, self._out_mask = down.digest, down.mask
        self._foreign = ForeignPackets(medium.foreign)
        self._ended: set[int] = set()
        # Of workers that exited without their end: packets that may still be ahead of it.
        self._ahead: dict[int, int] = {}
        self._unopened = deque() if medium.unopened is None else medium.unopened
        self._messages = Resumable(self._stream)

    def wake(self) -> None:
        """Wake the thread that sleeps in `fetch`, if any, once the workers are dead."""
        if self._medium.wake is not None:
            self._medium.wake()

    def __iter__(self) -> Iterator[tuple[int, Message]]:
        if self.state.taken:
            raise self.state.refusal()
        return self._messages.items

    def _stream(self) -> Iterator[tuple[int, Message]]:  # noqa: PLR0912, PLR0915 - tuned
        state, waiting, up = self.state, self._waiting, self._medium.up
        poll, unopened, monotonic = waiting.poll(), self._unopened, time.monotonic
        # Where nothing can be waited for together with the deaths of workers, `fetch` sleeps: until
        # it is woken by a notice, and for the timeout at most.
        fetch = self._medium.fetch
        workers, exited, ended = len(self._in), waiting.exited, self._ended
        digest, mask, low = self._up.digest, self._up.mask, self._up.low
        # One for each value of the low bits; behind the workers, one whose check fails.
        flows = self._in + self._in[-1:] * (low + 1 - workers)
        turns, hot, skip = 0, False, 0
        self._messages.go_on()
        if state.taken:
            raise state.refusal()
        phase, state.taken = SAFE, True
        try:
            while not exited or len(exited) < workers or len(ended) < workers:
                owing = exited - ended if exited else None
                if owing:
                    self._expect_end(owing)
                if unopened:
                    pass
                elif ended and len(ended) == workers:
                    waiting.wait()
                    if fetch is None:
                        # What is left would end each wait at once: a byte that follows a packet
                        # which was taken before it came, or packets of another process.
                        phase = BUSY
                        unopened.extend(up.take(False))
                        phase = SAFE
                elif fetch is None:
                    # To try at once saves a system call where there is more, and costs an
                    # exception where there is not: do it now and then.
                    if not hot and not owing:
                        if poll is None:
                            waiting.wait()
                        else:
                            waiting.handle(poll())
                    phase = BUSY
                    unopened.extend(up.take(False))
                    turns += 1
                    hot = bool(unopened) and (hot or turns % _TRY_EVERY == 0)
                    phase = SAFE
                else:
                    fetch(not owing)
                opened, found = 0, bool(unopened)
                if not found:
                    waiting.wait(0)
                while unopened:
                    phase = BUSY
                    data, tag = unopened[0]
                    del unopened[0]
                    if owing:
                        opened += tag != NOTICE
                    flow = flows[tag & low]
                    if digest(data) & mask ^ tag == flow.due:
                        flow.due = next(flow.pads)
                        message = flow.add(data) if flow.left else data
                        if message is not None:
                            item = flow.worker, message
                            phase, state.taken = AWAY, False
                            yield item
                            if state.taken:
                                raise state.refusal()
                            phase, state.taken = SAFE, True
                    elif not flow.accept_control(data, tag):  # a notice, or another process's
                        if tag != NOTICE:
                            self._foreign.count()
                        waiting.look_at, skip = 0.0, 0
                    elif flow.ended:
                        ended.add(flow.worker)
                    phase = SAFE
                    if skip:
                        skip -= 1
                    else:
                        skip = waiting.look(monotonic())
                if owing:
                    phase = BUSY
                    self._raise_if_missing(owing, found, opened)
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

    def _expect_end(self, owing: set[int]) -> None:
        """Note how many packets may be ahead of the end of workers that have just exited.

        What they put is in the medium by now, or was taken and is still unopened.
        """
        for worker in owing - self._ahead.keys():
            self._ahead[worker] = len(self._unopened) + self._medium.held()

    def _raise_if_missing(self, owing: set[int], found: bool, opened: int) -> None:
        """Raise the error of a worker of *owing* whose end cannot come any more.

        owing: workers that had exited before packets were taken, and had not sent their end.
            It has not been sent if the medium is empty, or if all packets that could be ahead of
            it have been opened.
        found, opened: whether there were any, and how many were opened, but for notices.
        """
        for worker in sorted(owing - self._ended):
            self._ahead[worker] -= opened
            if not found or self._ahead[worker] < 0:
                raise self._supervisor.worker_error(worker)

    def send(self, worker: int, data: Given) -> None:
        state = self.state
        if state.taken:
            raise state.refusal()
        try:
            put = self._puts[worker]
        except (IndexError, TypeError):
            raise self._no_way(worker) from None
        if worker < 0:
            raise self._no_way(worker)
        small = type(data) is bytes and len(data) <= self._most  # as a rule
        packet: Any = data if small else memoryview(data).cast("B")
        state.taken = True
        try:
            flow = self._out[worker]
            if small:
                tag = self._out_digest(packet) & self._out_mask ^ flow.due
                sent = put(packet, tag, False) or self._push(worker, packet, tag)
                flow.due = next(flow.pads)
            else:
                sent = self._send_pieces(worker, flow, packet)
        except BaseException as error:
            state.broken_by = error
            if state.closed:
                raise state.refusal() from None
            raise
        state.taken = False
        if not sent:
            raise gone(worker)

    def _no_way(self, worker: object) -> Exception:
        return no_worker(worker, len(self._in)) if self._puts else one_direction()

    def _send_pieces(self, worker: int, flow: Flow, view: memoryview) -> bool:
        """Send a message that may not fit into a packet; return False if *worker* has ended."""
        if view.nbytes > self._most:
            if not self._push(worker, *flow.announce(view.nbytes)):
                return False
            flow.due = next(flow.pads)
        for piece in _pieces(view, self._most, self._out_digest):
            tag = self._out_digest(piece) & self._out_mask ^ flow.due
            if not self._push(worker, piece, tag):
                return False
            flow.due = next(flow.pads)
        return True

    def _push(self, worker: int, data: Given, tag: int) -> bool:
        """Send a packet, and take in what comes meanwhile; return False if *worker* has ended."""
        put, room = self._puts[worker], self._medium.down[worker].room
        if put(data, tag, False):
            return True
        with self._waiting.writing(room) if room >= 0 else contextlib.nullcontext():
            while not put(data, tag, False):
                if worker in self._waiting.exited:
                    return False
                before = len(self._unopened)
                if self._medium.fetch is None:
                    self._unopened.extend(self._medium.up.take(False))
                else:
                    self._medium.fetch(False)
                if len(self._unopened) == before:
                    # Where nothing tells of room, ask again each millisecond.
                    self._waiting.wait(math.inf if room >= 0 else _NAP)
                if self.state.closed:  # by another thread: the descriptors may be others'
                    raise self.state.refusal()
        return True


def over_packets(
    make: Callable[[Supervisor, int, bool], Medium],
    work: Work,
    workers: int,
    duplex: bool,
    timeout: float | None,
) -> Block:
    """Return a channel through the medium that *make* makes.

    make: takes the supervisor, the number of workers, and whether the channel is duplex.
    """

    def open_channel(waiting: Waiting) -> _Packets:
        supervisor = waiting.supervisor
        medium = make(supervisor, workers, duplex)
        up = medium.authenticator(workers)
        down = medium.authenticator(workers) if duplex else None
        channel = _Packets(waiting, medium, up, down, workers)
        for worker in range(workers):
            supervisor.fork(_serve, work, worker, medium, up, down)
        if medium.up.fd >= 0:
            supervisor.listen(medium.up.fd)
        elif medium.notice is not None:
            waiting.watch(medium.notice, medium.check)
        return channel

    return Block(open_channel, workers, timeout)
