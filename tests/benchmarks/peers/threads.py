"""concurrent.futures.ThreadPoolExecutor in a free-threaded Python: threads that compute at once."""

import concurrent.futures
import contextlib
import sys
from collections.abc import Callable, Iterator

import kernel
from tests.benchmarks.peers import PATIENCE


def unsupported() -> str | None:
    """Return why threads cannot compute at the same time here, or None."""
    locked: Callable[[], bool] = getattr(sys, "_is_gil_enabled", lambda: True)
    if not locked():
        return None
    return "this Python lets one thread compute at a time: take a free-threaded one (3.13t, 3.14t)"


def run(n: int, workers: int) -> float:
    """Sum in new threads."""
    with warm(workers) as ready:
        return ready(n, workers)


@contextlib.contextmanager
def warm(workers: int) -> Iterator[Callable[[int, int], float]]:
    """Give a `run` that sums in threads that are there."""
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:

        def ready(n: int, parts: int) -> float:
            lows, highs = zip(*kernel.slices(n, parts), strict=True)
            return kernel.combine(pool.map(kernel.partial_sum, lows, highs, timeout=PATIENCE))

        yield ready
