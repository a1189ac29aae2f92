"""Channels over the queues of multiprocessing: one of all workers, and one to each."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from tests.benchmarks.message_peers import END, Opened, Work, link, processes


def _work(work: Work, worker: int, up: Any, down: Any) -> None:
    work(link(worker, lambda data: up.put((worker, data)), down.get if down else None))
    up.put((worker, END))


@contextlib.contextmanager
def over_queues(
    queue: Callable[[], Any], work: Work, workers: int, duplex: bool
) -> Iterator[Opened]:
    """Open a channel over what *queue* makes."""
    with contextlib.ExitStack() as stack:

        def made() -> Any:
            new = queue()
            stack.callback(_close, new)
            return new

        up = made()
        downs: list[Any] = [made() if duplex else None for _ in range(workers)]
        with processes(_work, [(work, number, up, downs[number]) for number in range(workers)]):
            yield Opened(workers, up.get, lambda worker, data: downs[worker].put(data))


def _close(queue: Any) -> None:
    queue.close()
    if hasattr(queue, "join_thread"):  # a SimpleQueue has no thread
        queue.join_thread()
