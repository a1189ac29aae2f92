"""A worker of tcp ends when what it has sent has arrived, or cannot any more."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from transports import tcp

_AFTER = 0.1  # seconds until the other side reads, or closes


@pytest.fixture
def full() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Return both sides of a connection of which one has sent more than the other takes."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        sender = socket.create_connection(listener.getsockname())
        receiver, _ = listener.accept()
    with sender, receiver:
        sender.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                sender.send(bytes(1 << 16))
        yield sender, receiver


def test_a_worker_waits_until_all_has_arrived(full: tuple[socket.socket, socket.socket]) -> None:
    """What the other side has no room for could be lost still."""
    sender, receiver = full
    receiver.setblocking(False)
    read = threading.Event()

    def drain() -> None:
        read.set()
        while not done.is_set():
            with contextlib.suppress(BlockingIOError):
                receiver.recv(1 << 20)

    done = threading.Event()
    reader = threading.Timer(_AFTER, drain)
    reader.start()
    tcp._wait_for_arrival(sender.fileno())
    arrived_after_it_was_read = read.is_set()
    done.set()
    reader.join()
    assert arrived_after_it_was_read


def test_a_worker_does_not_wait_for_what_was_refused(
    full: tuple[socket.socket, socket.socket],
) -> None:
    """The other side has closed the connection, with data unread: it is reset, RFC 1122."""
    sender, receiver = full
    closing = threading.Timer(_AFTER, receiver.close)
    closing.start()
    tcp._wait_for_arrival(sender.fileno())
    closing.join()
