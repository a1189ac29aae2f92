"""joblib.Parallel: fresh interpreters by loky, which it keeps; a queue of calls, one of results.

Cold, the interpreters are started and ended inside of the call.  A process has one set of them: to
run cold ends those that are warm.
"""

import contextlib
from collections.abc import Callable, Iterator

import pytest

import kernel
from tests.benchmarks.peers import PATIENCE, missing

try:
    import joblib
except ModuleNotFoundError:
    joblib = None


_MOST = 10  # interpreters to start in one call


def unsupported() -> str | None:
    """Return why joblib cannot be had here, or None."""
    return missing("joblib", "joblib")


def _sum(lo: int, hi: int) -> float:
    return kernel.partial_sum(lo, hi)


def run(n: int, workers: int) -> float:
    """Sum in new interpreters; skip if there are so many that a round would take a minute."""
    if workers > _MOST:
        pytest.skip(f"joblib: to start {workers} interpreters takes too long")
    with warm(workers) as ready:
        return ready(n, workers)


@contextlib.contextmanager
def warm(workers: int) -> Iterator[Callable[[int, int], float]]:
    """Give a `run` that sums in interpreters that are there."""
    from joblib.externals.loky import get_reusable_executor  # noqa: PLC0415 - joblib may be missing

    try:
        with joblib.Parallel(workers, timeout=PATIENCE, pre_dispatch="all", batch_size=1) as pool:
            yield lambda n, parts: kernel.combine(
                pool(joblib.delayed(_sum)(lo, hi) for lo, hi in kernel.slices(n, parts))
            )
    finally:
        get_reusable_executor().shutdown(wait=True, kill_workers=True)
