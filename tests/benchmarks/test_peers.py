"""Performance of what else a program would use, in the tables of the transports.

Each peer is measured cold, as a transport is, and warm, when only the work is handed over.
Redis is also measured against each transport in turn: the article that gave the idea put them
in its place.
"""

import contextlib
import importlib
import os
import pkgutil
import statistics
import time
from collections.abc import Callable, Iterator

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.benchmarks import peers
from tests.benchmarks.test_run import END_TO_END, OVERHEAD, _measure, _run_of
from tests.harness.oracle import tolerance, ulps

Run = Callable[[int, int], float]

NAMES = sorted(module.name for module in pkgutil.iter_modules(peers.__path__))
PEERS = [f"{name} {mode}" for name in NAMES for mode in ("cold", "warm")]
ROUNDS = {2: 10, 10: 7, 64: 3}

# From 3.12 on os.fork() warns in a process with threads, which some peers start. What is
# forked beside them, the floor, takes no lock.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")


@contextlib.contextmanager
def _set_up(peer: str, workers: int) -> Iterator[Run]:
    """Give the run of *peer*, a module and 'cold', 'warm' or 'served'; skip with the reason."""
    name, mode = peer.split()
    module = importlib.import_module(f"tests.benchmarks.peers.{name}")
    if reason := module.unsupported():
        pytest.skip(f"{name}: {reason}")
    with contextlib.ExitStack() as stack:
        if mode == "cold":
            yield module.run
        elif mode == "served":
            yield stack.enter_context(module.served())
        else:
            yield stack.enter_context(module.warm(workers))


@END_TO_END
@pytest.mark.parametrize("peer", [*PEERS, "redis served"])
def test_end_to_end(benchmark: BenchmarkFixture, peer: str) -> None:
    """Ten million terms by ten workers."""
    with _set_up(peer, 10) as run:
        _measure(benchmark, run, 10_000_000, 10, rounds=2, warmup=0)


@pytest.mark.parametrize("peer", [*PEERS, "redis served"])
@pytest.mark.parametrize("workers", OVERHEAD)
def test_overhead(benchmark: BenchmarkFixture, peer: str, workers: int) -> None:
    """One term a worker."""
    benchmark.group = OVERHEAD[workers]
    with _set_up(peer, workers) as run:
        _measure(benchmark, run, workers, workers, ROUNDS[workers])


@pytest.fixture(scope="module")
def redis() -> Iterator[Run]:
    """Start a server; give a run that uses it."""
    with _set_up("redis served", 10) as run:
        yield run


@pytest.mark.parametrize(
    ("n", "rounds"),
    [
        pytest.param(
            10,
            11,
            marks=pytest.mark.benchmark(group="in place of Redis: 10 workers, one term each"),
        ),
        pytest.param(
            10_000_000,
            3,
            marks=pytest.mark.benchmark(group="in place of Redis: 10 000 000 terms, 10 workers"),
        ),
    ],
    ids=["overhead", "end to end"],
)
def test_in_place_of_redis(
    benchmark: BenchmarkFixture, transport: str, redis: Run, n: int, rounds: int
) -> None:
    """What a program gains: each round of the transport after one with Redis, server running."""
    workers = 10
    caller = os.getpid()
    before: list[float] = []

    def verified(run: Callable[[int, int], float | None]) -> None:
        value = run(n, workers)
        if os.getpid() != caller:
            os._exit(1)  # a worker came back: no second pytest
        if value is None or not ulps(value, n) <= tolerance(n, workers):
            raise AssertionError(f"run({n}, {workers}) returned {value!r}")

    def with_redis() -> None:
        start = time.perf_counter()
        verified(redis)
        before.append(time.perf_counter() - start)

    run = _run_of(transport)
    benchmark.pedantic(  # type: ignore[no-untyped-call]
        lambda: verified(run), setup=with_redis, rounds=rounds, warmup_rounds=1 if n == 10 else 0
    )
    if benchmark.stats is None:
        return  # --benchmark-disable
    times = benchmark.stats.stats.data
    pairs = zip(before[-len(times) :], times, strict=True)
    benchmark.extra_info |= {
        "redis_over_it": round(statistics.median(redis / it for redis, it in pairs), 3),
        "n": n,
        "workers": workers,
    }
