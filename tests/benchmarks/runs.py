"""What a run is measured as: of a transport, of a peer, and the floor, the same with neither."""

import contextlib
import importlib
import os
import time
from collections.abc import Callable, Iterator

import pytest

import kernel
from tests import harness
from tests.benchmarks.rounds import Measure, Prepare, Sample, middle
from tests.harness.oracle import tolerance, ulps
from tests.scenarios.loading import given_way, load

Run = Callable[[int, int], float | None]

# Runs in each measurement of what is warm and has one term a worker.  The middle one counts: a run
# that takes less than 1 ms varies by half.
TIMES = 15


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


def guarded(n: int, workers: int) -> None:
    """Do the same with one process more, as transports do that fork a guardian."""
    bare(n, workers, spare=1)


FLOORS: dict[str, Run] = {
    "floor": bare,
    "floor and a guardian": guarded,
    "plain loop": plain_loop,
}


def timed(run: Run, n: int, workers: int, each: int) -> Sample:
    """Time *run* and then verify its result; the sample is of an *each*-th of the time."""
    caller = os.getpid()
    start = time.perf_counter()
    value = run(n, workers)
    took = time.perf_counter() - start
    if os.getpid() != caller:
        os._exit(1)  # a worker came back: it has no result to verify
    if value is not None and not ulps(value, n) <= tolerance(n, workers):
        raise AssertionError(f"run({n}, {workers}) returned {value!r}")
    return Sample(took / each)


def of_floor(name: str, n: int, workers: int, each: int = 1) -> Prepare:
    """Return how to measure a floor, one of FLOORS."""
    return lambda: contextlib.nullcontext(lambda turn: timed(FLOORS[name], n, workers, each))


def supported(transport: str) -> str:
    """Return the module of a transport, by the name that was given; skip with the reason."""
    module = harness.module_of(transport)
    if (reason := harness.unsupported(module)) is not None:
        pytest.skip(f"{transport}: {reason}")
    return module


def of_transport(transport: str, n: int, workers: int, each: int = 1) -> Prepare:
    """Return how to measure the run of a transport, by the name that was given.

    The names of modules are the user's while it is loaded and while it runs.
    """

    @contextlib.contextmanager
    def prepare() -> Iterator[Measure]:
        module = supported(transport)
        with given_way(module):
            run: Run = load(module).run

        def measure(turn: int) -> Sample:
            with given_way(module):
                return timed(run, n, workers, each)

        yield measure

    return prepare


def of_peer(peer: str, n: int, workers: int) -> Prepare:
    """Return how to measure a peer: a module in tests/benchmarks/peers, and a mode.

    cold: all is set up inside of the time; warm: workers, and all that leads to them, are there
    already, and have done the work once; served: a server is there, and the rest is set up inside
    of the time.
    """
    name, mode = peer.split()

    @contextlib.contextmanager
    def prepare() -> Iterator[Measure]:
        module = importlib.import_module(f"tests.benchmarks.peers.{name}")
        if reason := module.unsupported():
            pytest.skip(f"{name}: {reason}")
        times = 1
        with contextlib.ExitStack() as stack:
            if mode == "cold":
                run = module.run
            elif mode == "served":
                run = stack.enter_context(module.served())
            else:
                run = stack.enter_context(module.warm(workers))
                timed(run, n, workers, 1)  # some start their workers when there is work
                times = TIMES if n == workers else 1
            yield lambda turn: middle([timed(run, n, workers, 1) for _ in range(times)])

    return prepare
