"""nng, by pynng: a pair over a Unix socket, or PUSH to PULL of several; threads in each process.

The library refuses to work in a process that was forked from one that has used it.
"""

import contextlib
import secrets
import tempfile
import threading
from collections.abc import Callable, Iterator
from typing import Any

from tests.benchmarks.message_peers import END, PATIENCE, Opened, Receive, Work, forked, link
from tests.benchmarks.peers import missing

try:
    import pynng
except ModuleNotFoundError:
    pynng = None

FORKS_ONCE = True

_OPTIONS = {
    "recv_timeout": PATIENCE * 1000,
    "send_timeout": PATIENCE * 1000,
    "recv_max_size": 0,
    "recv_buffer_size": 128,  # messages: by default none wait, and each is a rendezvous
    "send_buffer_size": 128,
}


def unsupported() -> str | None:
    """Return why pynng cannot be had here, or None."""
    return missing("pynng", "nng")


def _work(work: Work, worker: int, address: str, alone: bool, end: bytes) -> None:
    with (pynng.Pair0 if alone else pynng.Push0)(**_OPTIONS) as socket:
        # The caller may not listen yet: it goes on to dial, and a send waits for that.
        socket.dial(address, block=False)
        if not alone:
            socket.send(b"%d" % worker)  # by its first message the caller knows a connection
        work(link(worker, socket.send, _ending(socket.recv, end)))
        socket.send(end)
        _wait_until_closed(socket)


def _ending(receive: Callable[[], bytes], end: bytes) -> Callable[[], bytes]:
    """Return what receives a message, and one of 0 bytes in the place of *end*."""

    def received() -> bytes:
        message = receive()
        return message if message != end else b""

    return received


def _wait_until_closed(socket: Any) -> None:
    """Wait until the caller has closed its end: to close this one would lose what is under way."""
    closed = threading.Event()
    socket.add_post_pipe_remove_cb(lambda _: closed.set())
    if socket.pipes:
        closed.wait(PATIENCE)


def _only(socket: Any) -> Receive:
    receive = socket.recv
    return lambda: (0, receive())


def _several(socket: Any) -> Receive:
    number: dict[int, int] = {}

    def receive() -> tuple[int, bytes]:
        message = socket.recv_msg()
        while (worker := number.get(message.pipe.id)) is None:
            number[message.pipe.id] = int(message.bytes)
            message = socket.recv_msg()
        return worker, message.bytes

    return receive


@contextlib.contextmanager
def channel(work: Work, workers: int, *, duplex: bool = False) -> Iterator[Opened]:
    """Listen for the workers; raise ValueError for both ways with several."""
    alone = workers == 1
    end = secrets.token_bytes(16)  # pynng receives no message of 0 bytes
    if duplex and not alone:
        raise ValueError("PUSH to PULL goes one way")
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        address = f"ipc://{place}/socket"
        with (
            forked(_work, [(work, number, address, alone, end) for number in range(workers)]),
            (pynng.Pair0 if alone else pynng.Pull0)(listen=address, **_OPTIONS) as socket,
        ):
            receive = _only(socket) if alone else _several(socket)

            def ending() -> tuple[int, bytes]:
                found = receive()
                return found if found[1] != end else (found[0], END)

            yield Opened(workers, ending, lambda _, data: socket.send(data or end))
