"""Performance of channels: latency and throughput, beside the same from C.

What goes to one worker has two figures, for a message within one processor and one to another
differ by a factor of several, and where a scheduler puts two processes is a matter of chance.  So
they are held to one processor, or to two, both here and in C.  Beside several workers the caller
has a processor to itself, where there is more than one.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from tests.benchmarks.messages import (
    LATENCY,
    Layout,
    Stream,
    c_latency,
    c_stream,
    fastest,
    of_latency,
    of_stream,
    of_transport,
)
from tests.benchmarks.meter import METER
from tests.benchmarks.rounds import LONG, SHORT, Prepare
from tests.benchmarks.tables import Entry

SIZES = {8: 2000, 64: 2000, 1 << 10: 1500, 8 << 10: 400, 64 << 10: 60, 1 << 20: 6}  # messages
FAN_IN = [*((1, layout) for layout in LATENCY), (8, Layout.APART)]
MAIN = {(64, 1, Layout.TWO), (64, 8, Layout.APART), (1 << 20, 1, Layout.TWO)}  # always printed
WAYS = {
    "rtt": "round trip of 8 bytes, to a worker and back",
    "one": "one way of 8 bytes, from a worker that was asked",
}
FLOOR = ("pipe", "shm")  # driven from C, whichever is faster

pytestmark = pytest.mark.benchmark(timer=METER)


def human(size: int) -> str:
    """Return a size in bytes with a unit."""
    for unit, name in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size // unit} {name}"
    return f"{size} B"


def _latency_floor(what: str, layout: Layout) -> Prepare:
    return fastest([c_latency(mechanism, what, layout) for mechanism in FLOOR])


def _stream_floor(stream: Stream) -> Prepare:
    """Return how to measure the fastest from C, on the processors of *stream* or on one alone.

    From C a small message is faster on one processor, at times by a factor of five: how long
    another one takes to wake up is a matter of the host, and of the last seconds.
    """
    layouts = dict.fromkeys([stream.layout, Layout.ONE])
    return fastest(
        [
            c_stream(mechanism, replace(stream, layout=layout))
            for mechanism in FLOOR
            for layout in layouts
        ]
    )


def _bases(floor: Prepare, transport: str, in_c: Prepare) -> dict[str, tuple[str, Prepare]]:
    return {"x_floor": ("floor", floor)} | ({"x_c": (f"C {transport}", in_c)} if transport else {})


def latency(
    prepare: Callable[[str, Layout], Prepare], what: str, layout: Layout, transport: str = ""
) -> Entry:
    """Return the entry of a round trip or of one way; *transport*, if floor.c may have the same."""
    return Entry(
        group=f"{WAYS[what]}, {layout.value}",
        kind="latency",
        prepare=prepare(what, layout),
        bases=_bases(_latency_floor(what, layout), transport, c_latency(transport, what, layout)),
        budget=LONG if what == "rtt" else SHORT,
        info={"size": 8, "workers": 1},
    )


def stream(
    prepare: Callable[[Stream], Prepare], size: int, to: tuple[int, Layout], transport: str = ""
) -> Entry:
    """Return the entry of a stream to *to*, how many workers and where they are held."""
    workers, layout = to
    where = "s" if workers > 1 else f", {layout.value}"
    batch = Stream(size, workers, max(2, SIZES[size] // workers), layout)
    return Entry(
        group=f"messages of {human(size):>7} from {workers} worker{where}",
        kind="stream",
        prepare=prepare(batch),
        bases=_bases(_stream_floor(batch), transport, c_stream(transport, batch)),
        budget=LONG if (size, *to) in MAIN else SHORT,
        info={"size": size, "workers": workers},
    )


def _round_trip(transport: str, layout: Layout) -> Entry:
    return latency(partial(of_latency, of_transport(transport)), "rtt", layout, transport)


def _round_trip_floor(run: str, layout: Layout) -> Entry:
    return latency(_latency_floor, "rtt", layout)


def _one_way(transport: str, layout: Layout) -> Entry:
    return latency(partial(of_latency, of_transport(transport)), "one", layout, transport)


def _one_way_floor(run: str, layout: Layout) -> Entry:
    return latency(_latency_floor, "one", layout)


def _throughput(transport: str, size: int, to: tuple[int, Layout]) -> Entry:
    return stream(partial(of_stream, of_transport(transport)), size, to, transport)


def _throughput_floor(run: str, size: int, to: tuple[int, Layout]) -> Entry:
    return stream(_stream_floor, size, to)


def _place(layout: Layout) -> str:
    return layout.value.removeprefix("on ").replace(" ", "-")


layouts = pytest.mark.parametrize("layout", LATENCY, ids=_place)
floor = pytest.mark.parametrize("run", ["floor"])
fan_in = pytest.mark.parametrize("to", FAN_IN, ids=lambda to: f"{to[0]}-{_place(to[1])}")
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
    """The same from C."""
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
    """The same from C."""
    tell()


@fan_in
@sizes
@pytest.mark.contends(by=_throughput)
def test_throughput(
    tell: Callable[[], None], transport: str, size: int, to: tuple[int, Layout]
) -> None:
    """Messages of one size from one worker, or from several at once."""
    tell()


@floor
@fan_in
@sizes
@pytest.mark.contends(by=_throughput_floor)
def test_throughput_floor(
    tell: Callable[[], None], run: str, size: int, to: tuple[int, Layout]
) -> None:
    """The same from C."""
    tell()
