"""multiprocessing.SimpleQueue: a pipe under a lock, and pickles; whoever puts waits for room."""

import contextlib
import multiprocessing
from collections.abc import Iterator
from typing import Any

from tests.benchmarks.message_peers import END, Opened, Work, link, processes


def unsupported() -> str | None:
    """Return None: it is in the standard library."""
    return None


def _work(work: Work, worker: int, up: Any, down: Any) -> None:
    work(link(worker, lambda data: up.put((worker, data)), down.get if down else None))
    up.put((worker, END))


@contextlib.contextmanager
def channel(work: Work, workers: int, *, duplex: bool = False) -> Iterator[Opened]:
    """Open a queue of all workers, and one to each."""
    up: Any = multiprocessing.SimpleQueue()
    downs: list[Any] = [multiprocessing.SimpleQueue() if duplex else None for _ in range(workers)]
    try:
        with processes(_work, [(work, number, up, downs[number]) for number in range(workers)]):
            yield Opened(workers, up.get, lambda worker, data: downs[worker].put(data))
    finally:
        for queue in filter(None, (up, *downs)):
            queue.close()
