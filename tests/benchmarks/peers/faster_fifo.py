"""faster-fifo: a ring in shared memory under a mutex and a condition of POSIX threads."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import kernel
from tests.benchmarks.peers import PATIENCE, missing
from transports._supervisor import Supervisor

try:
    import faster_fifo
except ModuleNotFoundError:
    faster_fifo = None


def unsupported() -> str | None:
    """Return why faster-fifo cannot be had here, or None."""
    return missing("faster_fifo", "fifo")


def _work_once(sums: Any, lo: int, hi: int) -> None:
    sums.put(kernel.partial_sum(lo, hi))


def run(n: int, workers: int) -> float:
    """Sum in new processes, which put their sums into a new queue."""
    sums = faster_fifo.Queue()
    with Supervisor() as supervisor:
        for lo, hi in kernel.slices(n, workers):
            supervisor.fork(_work_once, sums, lo, hi)
        values = [sums.get(timeout=PATIENCE) for _ in range(workers)]
        for _ in supervisor.events(range(workers)):
            pass
    return kernel.combine(values)


def _work(tasks: Any, sums: Any) -> None:
    while True:
        sums.put(kernel.partial_sum(*tasks.get(timeout=3600)))


@contextlib.contextmanager
def warm(workers: int) -> Iterator[Callable[[int, int], float]]:
    """Give a `run` that puts slices into a queue, which processes that are there take."""
    tasks, sums = faster_fifo.Queue(), faster_fifo.Queue()
    with Supervisor() as supervisor:
        for _ in range(workers):
            supervisor.fork(_work, tasks, sums)

        def ready(n: int, parts: int) -> float:
            tasks.put_many(list(kernel.slices(n, parts)))
            return kernel.combine(sums.get(timeout=PATIENCE) for _ in range(parts))

        yield ready
