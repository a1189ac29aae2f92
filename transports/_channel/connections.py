"""Messages over a connection of each worker to a listening socket: streams that are dialled."""

import math
import socket
from collections.abc import Callable

from transports._channel.block import Block
from transports._channel.framing import Ends
from transports._channel.protocol import Work
from transports._channel.stream_worker import serve
from transports._channel.streams import Streams
from transports._channel.waiting import Waiting
from transports._supervisor import Outstanding, Supervisor
from transports._supervisor.connections import Rendezvous, accept_pending
from transports._supervisor.frames import SignedFrames


def over_connections(
    make: Callable[[Supervisor], Rendezvous],
    work: Work,
    workers: int,
    duplex: bool,
    timeout: float | None,
    *,
    settle: Callable[[int], None] | None = None,
) -> Block:
    """Return a channel over a connection of each worker to the listener that *make* makes.

    The first frame of a connection is signed, and tells whose it is.  That vouches for all that
    follows: the kernel lets nobody else into a connection, so to sign each message would cost
    time and add nothing.

    settle: returns when all that a worker has sent by a descriptor can be read by the caller; None
        where a write is that already.
    """

    def open_channel(waiting: Waiting) -> Streams:
        supervisor, signer = waiting.supervisor, SignedFrames()
        place = make(supervisor)
        for worker in range(workers):
            hello = signer.pack(worker, 0.0)
            with place.dialer() as dial:
                supervisor.fork(_dial_and_serve, dial, hello, work, worker, duplex, settle)
        ends = _handshake(waiting, place, signer, workers)
        return Streams(waiting, ends, duplex, sockets=True)

    return Block(open_channel, workers, timeout)


def _dial_and_serve(
    dial: Callable[[], socket.socket],
    hello: bytes,
    work: Work,
    worker: int,
    duplex: bool,
    settle: Callable[[int], None] | None,
) -> None:
    connection = dial()
    connection.sendall(hello)
    fd = connection.detach()  # closed when the worker exits
    serve(work, worker, Ends(fd if duplex else -1, fd))
    if settle is not None:
        settle(fd)


def _handshake(
    waiting: Waiting, place: Rendezvous, signer: SignedFrames, workers: int
) -> list[Ends]:
    """Accept a connection of each worker, and return the caller's ends by worker."""
    supervisor = waiting.supervisor
    place.listener.setblocking(False)
    listening_fd = supervisor.listen(place.listener.fileno())
    unknown: dict[int, tuple[socket.socket, bytes]] = {}  # and what each has sent of its frame
    known: dict[int, int] = {}
    outstanding = Outstanding()
    while len(known) < workers:
        outstanding.expect(waiting.exited - known.keys())
        ready = waiting.wait(0.0 if outstanding else math.inf)
        for fd in ready:
            if fd == listening_fd:
                for connection in accept_pending(supervisor, place):
                    unknown[supervisor.listen(connection.fileno())] = (connection, b"")
                continue
            connection, frame = unknown.pop(fd)
            try:
                data = connection.recv(signer.size - len(frame))  # and no byte of what follows
            except ConnectionError:
                data = b""
            frame += data
            if data and len(frame) < signer.size:
                unknown[fd] = (connection, frame)
                continue
            supervisor.ignore(fd)
            for worker in signer.unpack(frame):
                known.setdefault(worker, fd)
            if fd not in known.values():
                supervisor.close(connection)
        for worker in outstanding.lost(known, bool(ready)):
            raise supervisor.worker_error(worker)
    supervisor.ignore(listening_fd)
    for connection, _ in unknown.values():
        supervisor.close(connection)
    return [Ends(known[worker], known[worker]) for worker in range(workers)]
