"""Performance: each transport against the floor, which is measured beside it.

The floor is what the same work costs with no transport at all: fork, the same arithmetic,
_exit and waitpid.  It runs before each round of a transport, and the ratio is the median of
the ratios of these pairs: it holds while the machine's speed drifts.
"""

import os
import statistics
import time
from collections.abc import Callable

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import kernel
from tests.harness.oracle import tolerance, ulps
from tests.scenarios.loading import load

Run = Callable[[int, int], float | None]

END_TO_END = pytest.mark.benchmark(group="end to end: 10 000 000 terms, 10 workers")
OVERHEAD = {workers: f"overhead: {workers:2} workers, one term each" for workers in (2, 10, 64)}
ROUNDS = {2: 40, 10: 20, 64: 12}
BUDGET = 3.0

_forks = 0


def _count() -> None:
    global _forks  # noqa: PLW0603 - os.register_at_fork has no way to pass a thing
    _forks += 1


os.register_at_fork(before=_count)


def bare(n: int, workers: int, spare: int = 0) -> None:
    """Fork, sum, _exit and waitpid; *spare* more processes do nothing."""
    _bare(kernel.partial_sum, n, workers, spare)


def plain_loop(n: int, workers: int) -> None:
    """Do the same with the loop that first comes to mind."""
    _bare(_plain, n, workers, 0)


def _plain(lo: int, hi: int) -> float:
    total = 0.0
    for k in range(lo, hi):
        total += 1.0 / (2 * k + 1) / (2 * k + 1)
    return total


def _bare(partial_sum: Callable[[int, int], float], n: int, workers: int, spare: int) -> None:
    pids = []
    for lo, hi in [*kernel.slices(n, workers), *[(0, 0)] * spare]:
        pid = os.fork()
        if pid == 0:
            try:
                if hi > lo:
                    partial_sum(lo, hi)
            finally:
                os._exit(0)
        pids.append(pid)
    for pid in pids:
        os.waitpid(pid, 0)


def _measure(
    benchmark: BenchmarkFixture, run: Run, n: int, workers: int, rounds: int, warmup: int = 1
) -> None:
    """Time *run* in rounds, each after a round of the floor; verify each result as it comes.

    rounds: at most; fewer, but three, of a run that would take `BUDGET` seconds in all.
    """
    caller = os.getpid()
    before = _forks
    start = time.perf_counter()
    run(min(1000, n), workers)
    rounds = max(min(rounds, 3), min(rounds, int(BUDGET / (time.perf_counter() - start))))
    spare = max(0, _forks - before - workers)  # a run whose workers are there forks none
    floors: list[float] = []
    fork_more: list[float] = []

    def floor() -> None:
        for times, more in ((floors, 0), (fork_more, spare)) if spare else ((floors, 0),):
            start = time.perf_counter()
            bare(n, workers, more)
            times.append(time.perf_counter() - start)

    def verified() -> None:
        value = run(n, workers)
        if os.getpid() != caller:
            os._exit(1)  # a worker came back: no second pytest
        if value is not None and not ulps(value, n) <= tolerance(n, workers):
            raise AssertionError(f"run({n}, {workers}) returned {value!r}")

    benchmark.pedantic(  # type: ignore[no-untyped-call]
        verified, setup=floor, rounds=rounds, warmup_rounds=warmup
    )
    if benchmark.stats is None:
        return  # --benchmark-disable
    times = benchmark.stats.stats.data
    info = benchmark.extra_info
    info |= {"kernel": kernel.selected, "n": n, "workers": workers, "forks": workers + spare}
    for key, base in (("x_floor", floors), ("x_floor_of_as_many_forks", fork_more or floors)):
        pairs = zip(times, base[-len(times) :], strict=True)
        info[key] = round(statistics.median(time / floor for time, floor in pairs), 3)


def _run_of(transport: str) -> Run:
    run: Run = load(transport).run
    return run


@END_TO_END
def test_end_to_end(benchmark: BenchmarkFixture, transport: str) -> None:
    """Ten million terms by ten workers."""
    _measure(benchmark, _run_of(transport), 10_000_000, 10, rounds=5)


@END_TO_END
@pytest.mark.parametrize("run", [bare, plain_loop], ids=["floor", "plain loop"])
def test_end_to_end_floor(benchmark: BenchmarkFixture, run: Run) -> None:
    """The same terms and forks, with no transport."""
    _measure(benchmark, run, 10_000_000, 10, rounds=3)


@pytest.mark.parametrize("workers", OVERHEAD)
def test_overhead(benchmark: BenchmarkFixture, transport: str, workers: int) -> None:
    """One term a worker."""
    benchmark.group = OVERHEAD[workers]
    _measure(benchmark, _run_of(transport), workers, workers, ROUNDS[workers])


@pytest.mark.parametrize("run", [bare], ids=["floor"])
@pytest.mark.parametrize("workers", OVERHEAD)
def test_overhead_floor(benchmark: BenchmarkFixture, run: Run, workers: int) -> None:
    """The same forks, with no transport."""
    benchmark.group = OVERHEAD[workers]
    _measure(benchmark, run, workers, workers, ROUNDS[workers])
