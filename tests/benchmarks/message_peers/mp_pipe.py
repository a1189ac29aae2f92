"""multiprocessing.Pipe: a pair of sockets, or a pipe if it goes one way; sizes before bytes."""

import contextlib
import multiprocessing
from collections.abc import Iterator
from multiprocessing.connection import wait
from typing import Any

from tests.benchmarks.message_peers import END, Opened, Receive, Work, forked, link


def unsupported() -> str | None:
    """Return None: it is in the standard library."""
    return None


def _work(work: Work, worker: int, theirs: Any, ours: list[Any]) -> None:
    for each in ours:
        each.close()
    work(link(worker, theirs.send_bytes, theirs.recv_bytes))
    theirs.send_bytes(END)


def _any(connections: list[Any]) -> Iterator[tuple[int, bytes]]:
    """Yield what comes of several, as multiprocessing.connection.wait finds it."""
    number = {connection: worker for worker, connection in enumerate(connections)}
    while True:
        for connection in wait(connections):
            assert not isinstance(connection, int)
            message = connection.recv_bytes()  # type: ignore[union-attr]
            if not message:
                connections.remove(connection)
            yield number[connection], message


def _receive(connections: list[Any]) -> Receive:
    if len(connections) > 1:
        return _any([*connections]).__next__
    receive = connections[0].recv_bytes
    return lambda: (0, receive())


@contextlib.contextmanager
def channel(work: Work, workers: int, *, duplex: bool = False) -> Iterator[Opened]:
    """Open a pipe for each worker."""
    pipes = [multiprocessing.Pipe(duplex) for _ in range(workers)]
    ours, theirs = [pipe[0] for pipe in pipes], [pipe[1] for pipe in pipes]
    try:
        arguments = [(work, number, theirs[number], ours) for number in range(workers)]
        with forked(_work, arguments):
            for each in theirs:
                each.close()
            yield Opened(
                workers, _receive(ours), lambda worker, data: ours[worker].send_bytes(data)
            )
    finally:
        for each in (*ours, *theirs):
            each.close()
