"""multiprocessing.Queue: a pipe under a lock, pickles, and a thread in each process that puts."""

import contextlib
import multiprocessing
from collections.abc import Callable, Iterator
from typing import Any

import kernel
from tests.benchmarks.peers import PATIENCE

_fork = multiprocessing.get_context("fork")


def unsupported() -> str | None:
    """Return None: it is in the standard library."""
    return None


def _work_once(sums: Any, lo: int, hi: int) -> None:
    sums.put(kernel.partial_sum(lo, hi))


def run(n: int, workers: int) -> float:
    """Sum in new processes, which put their sums into a new queue."""
    sums: Any = _fork.Queue()
    processes = [
        _fork.Process(target=_work_once, args=(sums, *bounds))
        for bounds in kernel.slices(n, workers)
    ]
    for process in processes:
        process.start()
    values = [sums.get(timeout=PATIENCE) for _ in processes]
    for process in processes:
        process.join()
        process.close()
    sums.close()
    return kernel.combine(values)


def _work(tasks: Any, sums: Any) -> None:
    while bounds := tasks.get():
        sums.put(kernel.partial_sum(*bounds))


@contextlib.contextmanager
def warm(workers: int) -> Iterator[Callable[[int, int], float]]:
    """Give a `run` that puts slices into a queue, which processes that are there take."""
    tasks: Any = _fork.Queue()
    sums: Any = _fork.Queue()
    processes = [_fork.Process(target=_work, args=(tasks, sums)) for _ in range(workers)]
    for process in processes:
        process.start()

    def ready(n: int, parts: int) -> float:
        for bounds in kernel.slices(n, parts):
            tasks.put(bounds)
        return kernel.combine(sums.get(timeout=PATIENCE) for _ in range(parts))

    try:
        yield ready
    finally:
        for _ in processes:
            tasks.put(None)
        for process in processes:
            process.join()
            process.close()
        for queue in (tasks, sums):
            queue.close()
            queue.join_thread()
