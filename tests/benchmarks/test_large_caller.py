"""Performance of runs whose caller has much in memory: fork(2) copies the tables of its pages.

Only on request: `bench -k large_caller`.  A helper that a transport forks beside its workers is
dearer there.
"""

import contextlib
import mmap
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.benchmarks.meter import METER
from tests.benchmarks.rounds import LONG, Measure, Prepare
from tests.benchmarks.runs import of_floor, of_transport
from tests.benchmarks.tables import Entry
from tests.benchmarks.test_run import OVERHEAD, run_of

HELD = 1 << 30  # bytes
WORKERS = 10

# The second is that of a container: of cgroup v2, as it is seen within.
_MEMORY = Path("/proc/meminfo")
_LIMIT, _USED = (Path("/sys/fs/cgroup", name) for name in ("memory.max", "memory.current"))

pytestmark = [pytest.mark.benchmark(timer=METER), pytest.mark.on_request("large_caller")]

_holding: list[mmap.mmap] = []  # the same memory, once for each contender that is set up


@contextlib.contextmanager
def _held() -> Iterator[None]:
    """Hold HELD bytes in the block; several blocks at a time hold the same ones."""
    _holding.append(_holding[0] if _holding else _touched())
    try:
        yield
    finally:
        _holding.pop()


def _touched() -> mmap.mmap:
    """Return memory of which each page is there, as small objects lie in it."""
    memory = mmap.mmap(-1, HELD, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        memory.madvise(mmap.MADV_NOHUGEPAGE)
    for at in range(0, HELD, mmap.PAGESIZE):
        memory[at] = 1
    return memory


@cache  # once: what is held in a visit is free again before the next one
def _free() -> float:
    """Return how many bytes this process may have besides; infinity where nothing tells."""
    free = [float("inf")]
    with contextlib.suppress(OSError):
        lines = dict(line.split(":") for line in _MEMORY.read_text().splitlines())
        free.append(int(lines["MemAvailable"].split()[0]) << 10)
    with contextlib.suppress(OSError, ValueError):  # none, or "max"
        free.append(int(_LIMIT.read_text()) - int(_USED.read_text()))
    return min(free)


def _in_large_caller(prepare: Prepare) -> Prepare:
    """Return how to measure the same in a caller that holds HELD bytes."""

    @contextlib.contextmanager
    def prepared() -> Iterator[Measure]:
        if (free := _free()) < 2 * HELD:
            pytest.skip(f"{free / (1 << 30):.1f} GiB of memory are free: it takes 2 GiB")
        with _held(), prepare() as measure:
            yield measure

    return prepared


def _entry(prepare: Callable[[int, int], Prepare]) -> Entry:
    title = f"{OVERHEAD[WORKERS]}, in a caller of 1 GiB"
    return run_of(prepare, title, WORKERS, WORKERS, LONG, _in_large_caller)


def _of_transport(transport: str) -> Entry:
    return _entry(lambda n, workers: of_transport(transport, n, workers))


def _of_floor(run: str) -> Entry:
    return _entry(lambda n, workers: of_floor(run, n, workers))


@pytest.mark.contends(by=_of_transport)
def test_large_caller(tell: Callable[[], None], transport: str) -> None:
    """One term a worker."""
    tell()


@pytest.mark.parametrize("run", ["floor", "floor and a guardian"])
@pytest.mark.contends(by=_of_floor)
def test_large_caller_floor(tell: Callable[[], None], run: str) -> None:
    """The same forks, with no transport."""
    tell()
