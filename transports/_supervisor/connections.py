"""Connections of workers to a listening socket that others can reach too."""

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import NamedTuple

from transports._supervisor.frames import SignedFrames
from transports._supervisor.supervisor import Supervisor

BACKLOG = 65535
"""For listen(2): the system takes as many as it allows (somaxconn); SOMAXCONN of musl is 128."""

_AT_ONCE = 64  # connections accepted before those that were accepted have their turn


class Rendezvous(NamedTuple):
    """Where workers and their caller meet.

    listener: listens, and is owned by the supervisor.
    is_worker: tells whether a connection, from an address, is a worker's.
    dialer: entered in the caller around each fork; gives what the worker calls to connect.
    """

    listener: socket.socket
    is_worker: Callable[[socket.socket, object], bool]
    dialer: Callable[[], AbstractContextManager[Callable[[], socket.socket]]]


def gather_connections(
    supervisor: Supervisor, place: Rendezvous, signer: SignedFrames
) -> dict[int, float]:
    """Take one signed frame from each worker that connects; return the sums.

    Connections that are not a worker's are closed at once, so that they take no descriptors;
    the signature decides what counts.
    """
    sums: dict[int, float] = {}
    place.listener.setblocking(False)
    listening_fd = supervisor.listen(place.listener.fileno())
    connections: dict[int, socket.socket] = {}
    for ready, _ in supervisor.events(sums):
        for fd in ready:
            if fd == listening_fd:
                for connection in accept_pending(supervisor, place):
                    connections[supervisor.listen(connection.fileno())] = connection
                continue
            frame = supervisor.read(fd)
            if len(frame) >= signer.size or fd not in supervisor.listening:
                sums |= signer.unpack(bytes(frame))
                supervisor.close(connections.pop(fd))
    return sums


def accept_pending(supervisor: Supervisor, place: Rendezvous) -> Iterator[socket.socket]:
    """Accept the connections that wait, 64 at most, and yield those of workers."""
    for _ in range(_AT_ONCE):
        try:
            connection, address = place.listener.accept()
        except BlockingIOError:
            return
        except ConnectionError:  # reset before it was accepted
            continue
        supervisor.own(connection)
        if place.is_worker(connection, address):
            connection.setblocking(False)
            yield connection
        else:
            supervisor.close(connection)
