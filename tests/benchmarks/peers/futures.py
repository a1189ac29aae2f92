"""concurrent.futures.ProcessPoolExecutor: a queue of calls and one of results, and a thread."""

import concurrent.futures
import contextlib
import multiprocessing
from collections.abc import Callable, Iterator

import kernel
from tests.benchmarks.peers import PATIENCE

_fork = multiprocessing.get_context("fork")


def unsupported() -> str | None:
    """Return None: it is in the standard library."""
    return None


def _sum(bounds: tuple[int, int]) -> float:
    return kernel.partial_sum(*bounds)


def run(n: int, workers: int) -> float:
    """Sum in a new executor."""
    with warm(workers) as ready:
        return ready(n, workers)


@contextlib.contextmanager
def warm(workers: int) -> Iterator[Callable[[int, int], float]]:
    """Give a `run` that sums in an executor that is there."""
    with concurrent.futures.ProcessPoolExecutor(workers, _fork) as pool:
        yield lambda n, parts: kernel.combine(
            pool.map(_sum, kernel.slices(n, parts), timeout=PATIENCE)
        )
