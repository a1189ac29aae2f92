"""multiprocessing.Pipe: a socket pair for each worker, and pickles."""

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


def _receive(pipe: Any) -> float:
    if not pipe.poll(PATIENCE):
        raise TimeoutError("no sum has come")
    value: float = pipe.recv()
    return value


def run(n: int, workers: int) -> float:
    """Sum in new processes, each with a new pipe."""
    with warm(workers) as ready:
        return ready(n, workers)


def _work(ours: Any, theirs: Any) -> None:
    theirs.close()
    with contextlib.suppress(EOFError):
        while True:
            ours.send(kernel.partial_sum(*ours.recv()))


@contextlib.contextmanager
def warm(workers: int) -> Iterator[Callable[[int, int], float]]:
    """Give a `run` that sends slices to processes that are there."""
    pipes = []
    processes = []
    for _ in range(workers):
        ours, theirs = _fork.Pipe()
        process = _fork.Process(target=_work, args=(theirs, ours))
        process.start()
        theirs.close()
        pipes.append(ours)
        processes.append(process)

    def ready(n: int, parts: int) -> float:
        for pipe, bounds in zip(pipes, kernel.slices(n, parts), strict=True):
            pipe.send(bounds)
        return kernel.combine(map(_receive, pipes))

    try:
        yield ready
    finally:
        for pipe in pipes:
            with contextlib.suppress(OSError):
                pipe.send((0, -1))
        for process, pipe in zip(processes, pipes, strict=True):
            pipe.close()
            process.terminate()
            process.join()
            process.close()
