"""Messages over a queue of packets of a limited size, that all workers put into.

A message that does not fit into a packet is announced by its size, and cut.
"""

import contextlib
import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from transports._channel.authentication import FOREIGN, NOTICE, Authenticator, Flow, ForeignPackets
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
from transports._supervisor import Supervisor

_LOOK_EVERY = 64  # packets, after which the caller looks whether a worker has ended
_TRY_EVERY = 8  # rounds, after which it tries to take a packet without poll(2) before
_ASK = 64  # times that a queue is asked in a row before the caller takes a nap
_NAP = 1e-3  # seconds


class PacketQueue(Protocol):
    """One direction of a mechanism that carries packets of a limited size."""

    fd: int
    """What is readable while there is a packet, or -1: then `take` sleeps for one."""
    room: int
    """What is writable while there is room, or -1: then nothing tells."""

    def put(self, data: bytes, tag: int, wait: bool) -> bool:
        """Add a packet and tell whether there was room; with *wait*, wait for room."""

    def take(self, wait: bool) -> Sequence[tuple[bytes, int]]:
        """Return packets in the order in which they were put; with *wait*, sleep for one.

        Without *wait*, nothing is returned only if no packet is there that was put before the
        call; where that cannot be said yet, it is a notice: b"" with the tag NOTICE.
        """


@dataclass(frozen=True)
class Medium:
    """What a mechanism gives to a channel.

    up: the queue of all workers to the caller.
    down: the queue of the caller to each worker; none if the channel is not duplex.
    most: bytes of a payload.
    held: tells how many packets the queue to the caller can hold.
    authenticator: makes what signs the packets of so many workers.
    foreign: packets of other processes that are tolerated.
    notice: wakes a caller that sleeps in `take`, by a packet b"" with the tag NOTICE.
    check: called now and then in another process: ends the run if others have meddled.
    """

    up: PacketQueue
    down: Sequence[PacketQueue]
    most: int
    held: Callable[[], int]
    authenticator: Callable[[int], Authenticator] = Authenticator
    foreign: int = FOREIGN
    notice: Callable[[], object] | None = None
    check: Callable[[], None] | None = None


def _pieces(data: Given, most: int) -> Iterator[bytes]:
    view = memoryview(data).cast("B")
    for at in range(0, max(1, len(view)), most):
        yield bytes(view[at : at + most])


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

    def send(self, data: Given) -> None:
        flow = self._out
        if type(data) is bytes and len(data) <= self._most:  # as a rule
            self._put(data, self._out_digest(data) & self._out_mask ^ flow.due, True)
            flow.due = next(flow.pads)
            return
        size = memoryview(data).nbytes
        if size > self._most:
            self._announce(size)
        for piece in _pieces(data, self._most):
            self._put(piece, self._out_digest(piece) & self._out_mask ^ flow.due, True)
            flow.due = next(flow.pads)

    def _announce(self, size: int) -> None:
        self._put(*self._out.announce(size), True)
        self._out.due = next(self._out.pads)

    def receive(self) -> Message:
        if (flow := self._in) is None:
            raise one_direction()
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

    def finish(self) -> None:
        self._announce(END)


def _serve(
    work: Work, worker: int, medium: Medium, up: Authenticator, down: Authenticator | None
) -> None:
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
        self._waiting = waiting
        self._medium = medium
        self._most = medium.most
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
        self._unopened: list[tuple[bytes, int]] = []  # came while the caller waited to send
        self._asked = self._idle = 0
        self._messages = self._stream()

    def __iter__(self) -> Iterator[tuple[int, Message]]:
        return self._messages

    def _stream(self) -> Iterator[tuple[int, Message]]:  # noqa: PLR0912 - a round is one piece
        waiting, up, take = self._waiting, self._medium.up, self._medium.up.take
        # Where nothing can be waited for together with the deaths of workers: `take` sleeps, and
        # is woken by a notice; if there is a time to be kept, it is asked again and again.
        no_fd, no_deadline = up.fd < 0, waiting.no_deadline
        sleeps, asks = no_fd and no_deadline, no_fd and not no_deadline
        workers, exited, ended = len(self._in), waiting.exited, self._ended
        digest, mask, low = self._up.digest, self._up.mask, self._up.low
        # One for each value of the low bits; behind the workers, one whose check fails.
        flows = self._in + self._in[-1:] * (low + 1 - workers)
        turns, hot = 0, False
        while not exited or len(exited) < workers or len(ended) < workers:
            owing = exited - ended if exited else None
            if owing:
                self._expect_end(owing)
            packets: Sequence[tuple[bytes, int]]
            if self._unopened:
                packets, self._unopened = self._unopened, []
            elif ended and len(ended) == workers:
                waiting.wait()
                packets = take(False)
            elif owing:
                packets = take(False)
            elif sleeps:
                packets = take(True)
                turns += 1
                if not packets or turns % _LOOK_EVERY == 0:  # a notice may be behind much else
                    waiting.wait(0)
            elif asks:
                packets = self._ask()
            else:
                # To try at once saves a system call where there is more, and costs an exception
                # where there is not: do it now and then.
                if not hot:
                    waiting.wait()
                packets = take(False)
                turns += 1
                if hot and (not packets or turns % _LOOK_EVERY == 0):
                    waiting.wait(0)
                hot = bool(packets) and (hot or turns % _TRY_EVERY == 0)
            for data, tag in packets:
                flow = flows[tag & low]
                if digest(data) & mask ^ tag == flow.due:
                    flow.due = next(flow.pads)
                    if not flow.left:  # as a rule
                        yield flow.worker, data
                    elif (message := flow.add(data)) is not None:
                        yield flow.worker, message
                elif not flow.accept_control(data, tag):  # a notice, or another process's
                    waiting.wait(0)
                    if tag != NOTICE:
                        self._foreign.count()
                elif flow.ended:
                    ended.add(flow.worker)
            if owing:
                self._raise_if_missing(owing, packets)

    def _expect_end(self, owing: set[int]) -> None:
        """Note how many packets may be ahead of the end of workers that have just exited.

        What they put is in the medium by now, or was taken and is still unopened.
        """
        for worker in owing - self._ahead.keys():
            self._ahead[worker] = len(self._unopened) + self._medium.held()

    def _raise_if_missing(self, owing: set[int], packets: Sequence[tuple[bytes, int]]) -> None:
        """Raise the error of a worker of *owing* whose end cannot come any more.

        owing: workers that had exited before *packets* were taken, and had not sent their end.
            It has not been sent if the medium is empty, or if all packets that could be ahead of
            it have been opened.
        """
        opened = sum(tag != NOTICE for _, tag in packets)
        for worker in sorted(owing - self._ended):
            self._ahead[worker] -= opened
            if not packets or self._ahead[worker] < 0:
                raise self._waiting.supervisor.worker_error(worker)

    def _ask(self) -> Sequence[tuple[bytes, int]]:
        packets = self._medium.up.take(False)
        self._asked += 1
        self._idle = 0 if packets else self._idle + 1
        if self._idle > _ASK:
            self._waiting.wait(_NAP)
        elif self._asked % _ASK == 0:
            self._waiting.wait(0)
        elif self._idle:
            os.sched_yield()
        return packets

    def send(self, worker: int, data: Given) -> None:
        if not self._out:
            raise one_direction()
        flow = self._out[worker]
        if type(data) is bytes and len(data) <= self._most:  # as a rule
            tag = self._out_digest(data) & self._out_mask ^ flow.due
            if not self._puts[worker](data, tag, False):
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
        put, room = self._puts[worker], self._medium.down[worker].room
        if put(data, tag, False):
            return
        with self._waiting.writing(room) if room >= 0 else contextlib.nullcontext():
            while not put(data, tag, False):
                if worker in self._waiting.exited:
                    raise BrokenPipeError(f"worker {worker} has ended")
                found = [packet for packet in self._medium.up.take(False) if packet[1] != NOTICE]
                self._unopened.extend(found)
                if not found:
                    # Where nothing tells of room, ask again each millisecond.
                    self._waiting.wait(math.inf if room >= 0 else _NAP)


@contextlib.contextmanager
def over_packets(
    make: Callable[[Supervisor, int, bool], Medium],
    work: Work,
    workers: int,
    duplex: bool,
    timeout: float | None,
) -> Iterator[Channel]:
    """Be a channel through the medium that *make* makes.

    make: takes the supervisor, the number of workers, and whether the channel is duplex.
    """
    check(workers)
    with Supervisor(timeout) as supervisor:
        waiting = Waiting(supervisor)
        medium = make(supervisor, workers, duplex)
        up = medium.authenticator(workers)
        down = medium.authenticator(workers) if duplex else None
        channel = _Packets(waiting, medium, up, down, workers)
        for worker in range(workers):
            supervisor.fork(_serve, work, worker, medium, up, down)
        if medium.up.fd >= 0:
            supervisor.listen(medium.up.fd)
        elif medium.notice is not None and waiting.no_deadline:
            waiting.watch(medium.notice, medium.check)
        with waiting.signals_delivered():
            yield channel
