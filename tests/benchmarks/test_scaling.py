"""How the cost of a run grows with its workers, and with its terms, beside bare forks.

The tables tell the time of one worker, and of one term.  The floor is that of
tests/benchmarks/test_run.py: fork, the same arithmetic, _exit and waitpid.
"""

import contextlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import kernel
from tests import harness
from tests.benchmarks.meter import METER
from tests.benchmarks.rounds import SHORT, SLOW, Budget, Measure, Prepare, Sample
from tests.benchmarks.runs import of_floor, of_transport
from tests.benchmarks.tables import Entry
from tests.scenarios import names
from tests.scenarios.loading import given_way

WORKERS = (1, 4, 16, 64, 256)
TERMS = tuple(10**power for power in range(4, 10))
MOST = 10**8  # terms, unless `-m exhaustive` asks for more
FEW = 2  # workers that share the terms
MANY = 256  # workers from which a round takes ten seconds, and figures vary by a few per cent
OF_MANY = Budget(9.0, least=4, floors=1)
PURE = 10**7  # terms that the pure kernel is asked for: a hundred times as many take a minute

# In a fresh interpreter, for a worker starts with all that its caller has in memory.
_PEAK = """
import resource, sys, kernel
from tests.scenarios.loading import give_way, load
kernel.use(sys.argv[2])
give_way(sys.argv[1])
load(sys.argv[1]).run(int(sys.argv[3]), int(sys.argv[4]))
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
_BYTES = 1 << 23  # getrusage(2) tells KiB or, elsewhere, bytes; an interpreter has 8 GiB nowhere

pytestmark = pytest.mark.benchmark(timer=METER)


def _fast_kernel() -> str:
    """Return the name of the NumPy kernel where it can be had, else of the one in use."""
    return "numpy" if importlib.util.find_spec("numpy") is not None else kernel.selected


@contextlib.contextmanager
def _using(name: str) -> Iterator[None]:
    before = kernel.selected
    kernel.use(name)
    try:
        yield
    finally:
        kernel.use(before)


def _with_kernel(name: str, n: int, prepare: Prepare) -> Prepare:
    """Return how to measure the same with the kernel *name*; skip *n* terms that take too long."""

    @contextlib.contextmanager
    def prepared() -> Iterator[Measure]:
        if n > PURE and name == "python":
            pytest.skip("a minute of CPU for 10^9 terms in pure Python: install the extra numpy")
        with prepare() as measure:

            def with_kernel(turn: int) -> Sample:
                with _using(name):
                    return measure(turn)

            yield with_kernel

    return prepared


def _budget(n: int, workers: int) -> Budget:
    if workers >= MANY:
        return OF_MANY
    return SHORT if n < PURE else SLOW


def _scaling(
    kind: str, title: str, transport: str, n: int, workers: int, each: int, with_: str
) -> Entry:
    run, floor = of_transport(transport, n, workers, each), of_floor("floor", n, workers, each)
    return Entry(
        group=title,
        kind=kind,
        prepare=_with_kernel(with_, n, run),
        bases={"x_floor": ("floor", _with_kernel(with_, n, floor))},
        budget=_budget(n, workers),
        info={"kernel": with_, "n": n, "workers": workers},
    )


def _of_workers(transport: str, workers: int) -> Entry:
    title = f"cost of a worker: {workers:3} workers, one term each"
    return _scaling("worker", title, transport, workers, workers, workers, kernel.selected)


def _of_terms(transport: str, n: int) -> Entry:
    name = _fast_kernel()
    title = f"cost of a term: 10^{len(str(n)) - 1} terms, {FEW} workers, {name}"
    return _scaling("term", title, transport, n, FEW, n, name)


def _peak(transport: str, n: int, workers: int, with_: str) -> float:
    """Return the MiB that the largest of the workers had in memory at most."""
    command = [sys.executable, "-c", _PEAK, transport, with_, str(n), str(workers)]
    with given_way(transport):
        environment = os.environ | names.environment(names.started_in())
    output = subprocess.run(
        command, cwd=harness.ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout
    most = int(output)
    return round(most / (1 << 20 if most > _BYTES else 1 << 10), 1)


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.contends(by=_of_workers)
def test_scaling_of_workers(
    benchmark: BenchmarkFixture, tell: Callable[[], None], transport: str, workers: int
) -> None:
    """One term a worker: the time of a worker."""
    tell()
    peak = _peak(transport, workers, workers, kernel.selected)
    benchmark.extra_info["peak_rss_mib"] = peak


@pytest.mark.parametrize(
    "n",
    [pytest.param(n, marks=[pytest.mark.exhaustive] if n > MOST else []) for n in TERMS],
    ids=[f"1e{len(str(n)) - 1}" for n in TERMS],
)
@pytest.mark.contends(by=_of_terms)
def test_scaling_of_terms(
    benchmark: BenchmarkFixture, tell: Callable[[], None], transport: str, n: int
) -> None:
    """Two workers: the time of a term, and the memory of a worker, which must not grow."""
    tell()
    benchmark.extra_info["peak_rss_mib"] = _peak(transport, n, FEW, _fast_kernel())
