"""How the cost of a run grows with its workers, and with its terms, beside bare forks.

The tables tell the time of one worker, and of one term.  The floor is that of
tests/benchmarks/test_run.py: fork, the same arithmetic, _exit and waitpid.
"""

import importlib.util
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import kernel
from tests import harness
from tests.benchmarks.meter import Meter
from tests.benchmarks.test_run import Run, _run_of, bare
from tests.harness.oracle import tolerance, ulps
from tests.scenarios import names

METER = Meter()

WORKERS = {1: 7, 2: 7, 4: 7, 8: 5, 16: 5, 32: 3, 64: 3, 128: 2, 256: 2}  # and rounds
TERMS = {10**4: 10, 10**5: 10, 10**6: 10, 10**7: 5, 10**8: 3, 10**9: 1}
MOST = 10**8  # terms, unless `-m exhaustive` asks for more
FEW = 2  # workers that share the terms
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


@pytest.fixture
def fast_kernel() -> Iterator[str]:
    """Use the NumPy kernel where it is there; return the name of the one in use."""
    before = kernel.selected
    if importlib.util.find_spec("numpy") is not None:
        kernel.use("numpy")
    yield kernel.selected
    kernel.use(before)


def _peak(transport: str, n: int, workers: int) -> float:
    """Return the MiB that the largest of the workers had in memory at most."""
    command = [sys.executable, "-c", _PEAK, transport, kernel.selected, str(n), str(workers)]
    environment = os.environ | names.environment(names.started_in())
    output = subprocess.run(
        command, cwd=harness.ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout
    most = int(output)
    return round(most / (1 << 20 if most > _BYTES else 1 << 10), 1)


def _measure(
    benchmark: BenchmarkFixture, run: Run, n: int, workers: int, rounds: int, each: int
) -> None:
    """Time *run* after a round of the floor, and verify it; the table tells an *each*-th."""
    caller = os.getpid()
    floors: list[float] = []
    times: list[float] = []

    def floor() -> None:
        start = time.perf_counter()
        bare(n, workers)
        floors.append(time.perf_counter() - start)

    def verified() -> None:
        start = time.perf_counter()
        value = run(n, workers)
        took = time.perf_counter() - start
        if os.getpid() != caller:
            os._exit(1)  # a worker came back: no second pytest
        if value is not None and not ulps(value, n) <= tolerance(n, workers):
            raise AssertionError(f"run({n}, {workers}) returned {value!r}")
        METER.seconds += took / each
        times.append(took)

    run(workers, workers)
    benchmark.pedantic(  # type: ignore[no-untyped-call]
        verified, setup=floor, rounds=rounds, warmup_rounds=0
    )
    pairs = zip(times, floors, strict=True)
    benchmark.extra_info |= {
        "kernel": kernel.selected,
        "n": n,
        "workers": workers,
        "forks": workers,
        "x_floor": round(statistics.median(ours / floor for ours, floor in pairs), 3),
    }


@pytest.mark.parametrize("workers", WORKERS)
def test_scaling_of_workers(benchmark: BenchmarkFixture, transport: str, workers: int) -> None:
    """One term a worker: the time of a worker."""
    benchmark.group = f"cost of a worker: {workers:3} workers, one term each"
    _measure(benchmark, _run_of(transport), workers, workers, WORKERS[workers], workers)
    benchmark.extra_info["peak_rss_mib"] = _peak(transport, workers, workers)


@pytest.mark.parametrize(
    "n",
    [pytest.param(n, marks=[pytest.mark.exhaustive] if n > MOST else []) for n in TERMS],
    ids=[f"1e{len(str(n)) - 1}" for n in TERMS],
)
def test_scaling_of_terms(
    benchmark: BenchmarkFixture, transport: str, n: int, fast_kernel: str
) -> None:
    """Two workers: the time of a term, and the memory of a worker, which must not grow."""
    if n > PURE and fast_kernel == "python":
        pytest.skip("a minute of CPU for 10^9 terms in pure Python: install the extra numpy")
    benchmark.group = f"cost of a term: 10^{len(str(n)) - 1} terms, {FEW} workers, {fast_kernel}"
    _measure(benchmark, _run_of(transport), n, FEW, TERMS[n], n)
    benchmark.extra_info["peak_rss_mib"] = _peak(transport, n, FEW)
