"""Messages over a connection of each worker to a listening socket: streams that are dialled."""

import contextlib
import math
import socket
import time
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

_NAP = 1e-3  # seconds between two looks whether all that was sent has been taken


def over_connections(
    make: Callable[[Supervisor], Rendezvous],
    work: Work,
    workers: int,
    duplex: bool,
    timeout: float | None,
    *,
    grace: float = 0.0,
) -> Block:
    """Return a channel over a connection of each worker to the listener that *make* makes.

    The first frame of a connection is signed, and tells whose it is.  That vouches for all that
    follows: the kernel lets nobody else into a connection, so to sign each message would cost
    time and add nothing.

    grace: see :meth:`transports._supervisor.Supervisor.events`.
    """

    def open_channel(waiting: Waiting) -> Streams:
        supervisor, signer = waiting.supervisor, SignedFrames()
        place = make(supervisor)
        for worker in range(workers):
            hello = signer.pack(worker, 0.0)
            with place.dialer() as dial:
                supervisor.fork(_dial_and_serve, dial, hello, work, worker, duplex)
        ends = _handshake(waiting, place, signer, workers, grace)
        return Streams(waiting, ends, duplex, sockets=True, grace=grace)

    return Block(open_channel, workers, timeout)


def _dial_and_serve(
    dial: Callable[[], socket.socket], hello: bytes, work: Work, worker: int, duplex: bool
) -> None:
    connection = dial()
    connection.sendall(hello)
    resets = connection.family != socket.AF_UNIX
    fd = connection.detach()  # closed when the worker exits
    serve(work, worker, Ends(fd if duplex else -1, fd))
    if duplex and resets:
        _wait_until_taken(fd)


def _wait_until_taken(connection: int) -> None:
    """Return when all that was sent has reached the other side, and could not be lost any more.

    A TCP connection that is closed while something is unread is reset (RFC 1122, 4.2.2.13), and
    what still waits to be sent is dropped.
    """
    import fcntl  # noqa: PLC0415 - a worker alone needs them: they make forks dearer
    import termios  # noqa: PLC0415

    waits = bytearray(4)
    with contextlib.suppress(OSError):  # another system; or the caller has closed its end
        while fcntl.ioctl(connection, termios.TIOCOUTQ, waits) == 0 and any(waits):  # tcp(7)
            time.sleep(_NAP)


def _handshake(
    waiting: Waiting, place: Rendezvous, signer: SignedFrames, workers: int, grace: float
) -> list[Ends]:
    """Accept a connection of each worker, and return the caller's ends by worker."""
    supervisor = waiting.supervisor
    place.listener.setblocking(False)
    listening_fd = supervisor.listen(place.listener.fileno())
    unknown: dict[int, tuple[socket.socket, bytes]] = {}  # and what each has sent of its frame
    known: dict[int, int] = {}
    outstanding = Outstanding(grace)
    while len(known) < workers:
        outstanding.expect(waiting.exited - known.keys())
        ready = waiting.wait(grace if outstanding else math.inf)
        looked = time.monotonic()
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
        for worker in outstanding.lost(known, bool(ready), looked):
            raise supervisor.worker_error(worker)
    supervisor.ignore(listening_fd)
    for connection, _ in unknown.values():
        supervisor.close(connection)
    return [Ends(known[worker], known[worker]) for worker in range(workers)]
