"""faster-fifo: a ring in shared memory under a mutex and a condition of POSIX threads; pickles."""

import contextlib
from collections.abc import Iterator
from typing import Any

from tests.benchmarks.message_peers import END, PATIENCE, Opened, Work, forked, link
from tests.benchmarks.peers import missing

try:
    import faster_fifo
except ModuleNotFoundError:
    faster_fifo = None

_ROOM = 1 << 24  # bytes of a ring: by default one holds less than a message of 1 MiB


def unsupported() -> str | None:
    """Return why faster-fifo cannot be had here, or None."""
    return missing("faster_fifo", "fifo")


def _work(work: Work, worker: int, up: Any, down: Any) -> None:
    work(
        link(
            worker,
            lambda data: up.put((worker, data), timeout=PATIENCE),
            lambda: down.get(timeout=PATIENCE),
        )
    )
    up.put((worker, END), timeout=PATIENCE)


def _many(queue: Any) -> Iterator[tuple[int, bytes]]:
    """Yield what is taken all at once, as its documentation advises."""
    while True:
        yield from queue.get_many(timeout=PATIENCE)


@contextlib.contextmanager
def channel(work: Work, workers: int, *, duplex: bool = False) -> Iterator[Opened]:
    """Open a queue of all workers, and one to each."""
    up = faster_fifo.Queue(max_size_bytes=_ROOM)
    downs: list[Any] = [
        faster_fifo.Queue(max_size_bytes=_ROOM) if duplex else None for _ in range(workers)
    ]
    with forked(_work, [(work, number, up, downs[number]) for number in range(workers)]):
        yield Opened(workers, _many(up).__next__, lambda worker, data: downs[worker].put(data))
