"""concurrent.futures.InterpreterPoolExecutor: threads of this process, an interpreter in each.

Each interpreter has a lock of its own (PEP 684), so they compute at the same time.
"""

import concurrent.futures
import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

import kernel
from tests.benchmarks.peers import PATIENCE

_Executor: Any = getattr(concurrent.futures, "InterpreterPoolExecutor", None)

# An interpreter has its own modules, and finds them by a path of its own. Built-in functions are
# found in each.
_BEGIN = "import sys; sys.path[:] = {path!r}; import kernel; kernel.use({kernel!r})"
_SUM = "__import__('kernel').partial_sum({lo}, {hi})"


def unsupported() -> str | None:
    """Return why there are no such interpreters here, or None."""
    if _Executor is None:
        return f"Python {sys.version_info[0]}.{sys.version_info[1]} has none: they come with 3.14"
    if kernel.selected == "numpy":
        return "NumPy cannot be imported in a further interpreter"
    return None


def run(n: int, workers: int) -> float:
    """Sum in new interpreters."""
    with warm(workers) as ready:
        return ready(n, workers)


def ready_of(pool: concurrent.futures.Executor) -> Callable[[int, int], float]:
    """Return a `run` that lets *pool* evaluate each sum as text."""

    def ready(n: int, parts: int) -> float:
        sums = [_SUM.format(lo=lo, hi=hi) for lo, hi in kernel.slices(n, parts)]
        return kernel.combine(pool.map(eval, sums, [{}] * parts, timeout=PATIENCE))

    return ready


@contextlib.contextmanager
def warm(workers: int) -> Iterator[Callable[[int, int], float]]:
    """Give a `run` that sums in interpreters that are there."""
    begin = _BEGIN.format(path=sys.path, kernel=kernel.selected)
    with _Executor(workers, initializer=exec, initargs=(begin, {})) as pool:
        yield ready_of(pool)
