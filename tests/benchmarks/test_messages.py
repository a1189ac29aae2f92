"""Performance of channels: latency and throughput, beside a pipe and the same mechanism from C.

A round trip has two figures, for a message within one processor and one to another differ by
a factor of several, and where a scheduler puts two processes is a matter of chance.  So they
are held to one processor, or to two, both here and in C.  In streams the caller has a processor to
itself, where there is more than one.
"""

from collections.abc import Callable

import pytest

from tests.benchmarks.messages import (
    LATENCY,
    Layout,
    c_latency,
    c_stream,
    of_latency,
    of_stream,
)
from tests.benchmarks.meter import METER
from tests.benchmarks.rounds import Budget, Prepare
from tests.benchmarks.tables import Entry

SIZES = {8: 2000, 64: 2000, 1 << 10: 1500, 8 << 10: 400, 64 << 10: 60, 1 << 20: 6}  # messages
FAN_IN = (1, 2, 8)
WAYS = {
    "rtt": "round trip of 8 bytes, to a worker and back",
    "one": "one way of 8 bytes, from a worker that was asked",
}
FLOOR = "pipe"  # driven from C

pytestmark = pytest.mark.benchmark(timer=METER)


def human(size: int) -> str:
    """Return a size in bytes with a unit."""
    for unit, name in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size // unit} {name}"
    return f"{size} B"


def _bases(driven: Callable[[str], Prepare], transport: str = "") -> dict[str, tuple[str, Prepare]]:
    bases = {"x_floor": (f"C {FLOOR}", driven(FLOOR))}
    return bases | ({"x_c": (f"C {transport}", driven(transport))} if transport else {})


def _latency(prepare: Prepare, what: str, layout: Layout, transport: str = "") -> Entry:
    return Entry(
        group=f"{WAYS[what]}, {layout.value}",
        kind="latency",
        prepare=prepare,
        bases=_bases(lambda mechanism: c_latency(mechanism, what, layout), transport),
        budget=Budget(6.0),
        info={"size": 8, "workers": 1},
    )


def _stream(
    prepare: Callable[[int], Prepare], size: int, workers: int, transport: str = ""
) -> Entry:
    count = max(2, SIZES[size] // workers)
    return Entry(
        group=f"messages of {human(size):>7} from {workers} worker{'s'[: workers - 1]}",
        kind="stream",
        prepare=prepare(count),
        bases=_bases(lambda mechanism: c_stream(mechanism, size, workers, count), transport),
        budget=Budget(6.0),
        info={"size": size, "workers": workers},
    )


def _round_trip(transport: str, layout: Layout) -> Entry:
    return _latency(of_latency(transport, "rtt", layout), "rtt", layout, transport)


def _round_trip_floor(run: str, layout: Layout) -> Entry:
    return _latency(c_latency(FLOOR, "rtt", layout), "rtt", layout)


def _one_way(transport: str, layout: Layout) -> Entry:
    return _latency(of_latency(transport, "one", layout), "one", layout, transport)


def _one_way_floor(run: str, layout: Layout) -> Entry:
    return _latency(c_latency(FLOOR, "one", layout), "one", layout)


def _throughput(transport: str, size: int, workers: int) -> Entry:
    return _stream(
        lambda count: of_stream(transport, size, workers, count), size, workers, transport
    )


def _throughput_floor(run: str, size: int, workers: int) -> Entry:
    return _stream(lambda count: c_stream(FLOOR, size, workers, count), size, workers)


layouts = pytest.mark.parametrize(
    "layout", LATENCY, ids=lambda layout: layout.value.removeprefix("on ").replace(" ", "-")
)
floor = pytest.mark.parametrize("run", ["floor"])
workers_of_each = pytest.mark.parametrize("workers", FAN_IN)
sizes = pytest.mark.parametrize("size", SIZES, ids=lambda size: human(size).replace(" ", ""))


@layouts
@pytest.mark.contends(by=_round_trip)
def test_round_trip(tell: Callable[[], None], transport: str, layout: Layout) -> None:
    """Eight bytes to a worker and back, the caller asleep meanwhile."""
    tell()


@floor
@layouts
@pytest.mark.contends(by=_round_trip_floor)
def test_round_trip_floor(tell: Callable[[], None], run: str, layout: Layout) -> None:
    """The same by a pipe, from C."""
    tell()


@layouts
@pytest.mark.contends(by=_one_way)
def test_one_way(tell: Callable[[], None], transport: str, layout: Layout) -> None:
    """From the stamp in the worker, before it sends, to the caller: one clock for both."""
    tell()


@floor
@layouts
@pytest.mark.contends(by=_one_way_floor)
def test_one_way_floor(tell: Callable[[], None], run: str, layout: Layout) -> None:
    """The same by a pipe, from C."""
    tell()


@workers_of_each
@sizes
@pytest.mark.contends(by=_throughput)
def test_throughput(tell: Callable[[], None], transport: str, size: int, workers: int) -> None:
    """Messages of one size from one worker, or from several at once."""
    tell()


@floor
@workers_of_each
@sizes
@pytest.mark.contends(by=_throughput_floor)
def test_throughput_floor(tell: Callable[[], None], run: str, size: int, workers: int) -> None:
    """The same by pipes, from C."""
    tell()
