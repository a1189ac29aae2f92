"""Performance: each transport against the floor, in rounds.

The floor is what the same work costs with no transport at all: fork, the same arithmetic,
_exit and waitpid.
"""

from collections.abc import Callable

import pytest

import kernel
from tests.benchmarks.meter import METER
from tests.benchmarks.rounds import LONG, SHORT, SLOW, Budget, Prepare
from tests.benchmarks.runs import of_floor, of_transport
from tests.benchmarks.tables import Entry

END_TO_END = "end to end: 10 000 000 terms, 10 workers"
OVERHEAD = {workers: f"overhead: {workers:2} workers, one term each" for workers in (2, 10, 64)}

pytestmark = pytest.mark.benchmark(timer=METER)


def end_to_end(prepare: Callable[[int, int], Prepare], title: str = END_TO_END) -> Entry:
    """Return the entry of a run of ten million terms by ten workers."""
    return run_of(prepare, title, 10_000_000, 10, SLOW)


def overhead(prepare: Callable[[int, int], Prepare], workers: int, more: str = "") -> Entry:
    """Return the entry of a run in which each worker has one term; *more* ends the title."""
    budget = SHORT if workers == 2 or more else LONG
    return run_of(prepare, OVERHEAD[workers] + more, workers, workers, budget)


def run_of(
    prepare: Callable[[int, int], Prepare],
    title: str,
    n: int,
    workers: int,
    budget: Budget,
    around: Callable[[Prepare], Prepare] = lambda each: each,
) -> Entry:
    """Return the entry of a run beside the floor of the same terms and workers.

    around: what both are measured in.
    """
    return Entry(
        group=title,
        kind="run",
        prepare=around(prepare(n, workers)),
        bases={"x_floor": ("floor", around(of_floor("floor", n, workers)))},
        budget=budget,
        info={"kernel": kernel.selected, "n": n, "workers": workers},
    )


def _end_to_end(transport: str) -> Entry:
    return end_to_end(lambda n, workers: of_transport(transport, n, workers))


def _end_to_end_floor(run: str) -> Entry:
    return end_to_end(lambda n, workers: of_floor(run, n, workers))


def _overhead(transport: str, workers: int) -> Entry:
    return overhead(lambda n, workers: of_transport(transport, n, workers), workers)


def _overhead_floor(run: str, workers: int) -> Entry:
    return overhead(lambda n, workers: of_floor(run, n, workers), workers)


@pytest.mark.contends(by=_end_to_end)
def test_end_to_end(tell: Callable[[], None], transport: str) -> None:
    """Ten million terms by ten workers."""
    tell()


@pytest.mark.parametrize("run", ["floor", "plain loop"])
@pytest.mark.contends(by=_end_to_end_floor)
def test_end_to_end_floor(tell: Callable[[], None], run: str) -> None:
    """The same terms and forks, with no transport."""
    tell()


@pytest.mark.parametrize("workers", OVERHEAD)
@pytest.mark.contends(by=_overhead)
def test_overhead(tell: Callable[[], None], transport: str, workers: int) -> None:
    """One term a worker."""
    tell()


@pytest.mark.parametrize("run", ["floor", "floor and a guardian"])
@pytest.mark.parametrize("workers", OVERHEAD)
@pytest.mark.contends(by=_overhead_floor)
def test_overhead_floor(tell: Callable[[], None], run: str, workers: int) -> None:
    """The same forks, with no transport."""
    tell()
