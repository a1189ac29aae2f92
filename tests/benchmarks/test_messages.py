"""Performance of channels: latency and throughput, against the same mechanism driven from C.

Each round is measured beside a round of tests/benchmarks/floor.c, and the ratio is the median of
the ratios of these pairs: it holds while the machine's speed drifts.

A round trip has two figures, for a message within one processor and one to another differ by
a factor of several, and where a scheduler puts two processes is a matter of chance.  So they
are held to one processor, or to two, both here and in C.

Only what the messages take is timed: channels are opened before, and messages verified after
each round, every one of them; a round with a wrong one fails, and its row is dropped.
"""

import contextlib
import functools
import itertools
import os
import statistics
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests import harness
from tests.benchmarks.floor import MECHANISMS, Floor, NoFloor, build
from tests.benchmarks.meter import Meter
from tests.scenarios.loading import load

METER = Meter()

TRIPS = 1000
TRIP_ROUNDS = 9
ROUNDS = 5
SIZES = {8: 4000, 64: 4000, 1 << 10: 3000, 8 << 10: 800, 64 << 10: 100, 1 << 20: 8}  # messages
FAN_IN = (1, 2, 8)
WAYS = {
    "rtt": "round trip of 8 bytes, to a worker and back",
    "one": "one way of 8 bytes, from a worker that was asked",
}
STAMP = struct.Struct("=q")
CHECK = struct.Struct("=II")  # number, checksum of it and of what follows

pytestmark = pytest.mark.benchmark(timer=METER)


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path | str:
    """Return the path of the floor's program, or why there is none."""
    try:
        return build(tmp_path_factory.mktemp("floor"))
    except NoFloor as reason:
        return str(reason)


@pytest.fixture
def floor(transport: str, program: Path | str) -> Iterator[Floor | str]:
    """Return the floor of the transport, at work, or why there is none."""
    name = transport.rpartition(".")[2]
    if isinstance(program, str):
        yield program
    elif name not in MECHANISMS or not transport.startswith("transports."):
        yield f"tests/benchmarks/floor.c has no {name}"
    else:
        with Floor(program, name) as running:
            yield running


@pytest.fixture
def channel(transport: str) -> Callable[..., contextlib.AbstractContextManager[Any]]:
    """Return the function `channel` of a transport, or skip with the reason."""
    if (reason := harness.support(transport).no_channel) is not None:
        pytest.skip(reason)
    opened: Callable[..., contextlib.AbstractContextManager[Any]] = load(transport).channel
    return opened


def _beside(floor: Floor | str, *command: object) -> list[int]:
    return [] if isinstance(floor, str) else floor.ask(*command)


def _ratio(
    benchmark: BenchmarkFixture, floor: Floor | str, pairs: list[tuple[float, float]]
) -> None:
    if isinstance(floor, str):
        benchmark.extra_info["no_c"] = floor
    else:
        ratio = statistics.median(ours / theirs for ours, theirs in pairs)
        benchmark.extra_info["x_c"] = round(ratio, 3)


def _percentiles(times: list[int]) -> dict[str, float]:
    """Return the percentiles of *times*, nanoseconds, in microseconds."""
    times = sorted(times)
    return {
        key: round(times[len(times) * per_mille // 1000] / 1e3, 2)
        for key, per_mille in (("p50_us", 500), ("p99_us", 990), ("p999_us", 999))
    }


def _processors() -> dict[str, tuple[int, int]]:
    """Return by the name of each layout the processors of the caller and the worker; -1 is any."""
    if not hasattr(os, "sched_setaffinity"):  # as on macOS
        return {"anywhere": (-1, -1)}
    first, *others = sorted(os.sched_getaffinity(0))
    return {"on one core": (first, first), "on two cores": (first, others[0] if others else -1)}


def _stay_on(processor: int) -> None:
    if processor >= 0:
        os.sched_setaffinity(0, {processor})


@pytest.fixture(params=_processors(), ids=lambda name: name.removeprefix("on ").replace(" ", "-"))
def layout(request: pytest.FixtureRequest) -> Iterator[tuple[str, int, int]]:
    """Hold the caller to a processor; return the name of the layout, that one and the worker's."""
    ours, theirs = _processors()[request.param]
    if ours >= 0 > theirs:
        pytest.skip("there is one core alone")
    allowed = os.sched_getaffinity(0) if ours >= 0 else ()
    _stay_on(ours)
    yield request.param, ours, theirs
    if allowed:
        os.sched_setaffinity(0, allowed)


def _echo(processor: int, link: Any) -> None:
    _stay_on(processor)
    while message := link.receive():
        link.send(message)


def _stamp(processor: int, link: Any) -> None:
    _stay_on(processor)
    while link.receive():
        link.send(STAMP.pack(time.monotonic_ns()))


def _latency(
    benchmark: BenchmarkFixture,
    channel: Any,
    floor: Floor | str,
    layout: tuple[str, int, int],
    what: str,
    size: int = 8,
) -> None:
    """Time TRIPS messages to and fro in each round; *what* of it: "rtt" or "one"."""
    caller = os.getpid()
    place, ours, processor = layout
    benchmark.group = f"{WAYS[what]}, {place}"
    clock = time.monotonic_ns  # the same in all processes
    every: list[int] = []
    pairs: list[tuple[float, float]] = []

    # Made ahead: what is timed is the channel.
    questions = [STAMP.pack(number) for number in range(1, TRIPS + 1)]
    work = functools.partial(_echo if what == "rtt" else _stamp, processor)

    with channel(work, 1, duplex=True) as opened:
        messages = iter(opened)
        theirs: list[float] = []

        def beside() -> None:
            theirs[:] = _beside(floor, what, TRIPS, size, ours, processor)

        def trips() -> None:
            send = opened.send
            starts, answers, stops = [], [], []
            for question in questions:
                start = clock()
                send(0, question)
                answer = next(messages)
                stops.append(clock())
                starts.append(start)
                answers.append(answer)
            if os.getpid() != caller:
                os._exit(1)  # a worker came back: no second pytest
            if what == "rtt":
                if answers != [(0, question) for question in questions]:
                    raise AssertionError("an answer is not its question")
                since = starts
            else:
                since = [STAMP.unpack(message)[0] for worker, message in answers if worker == 0]
                if len(since) != TRIPS or not all(
                    start < stamp < stop
                    for start, stamp, stop in zip(starts, since, stops, strict=True)
                ):
                    raise AssertionError("an answer is not the one to its question")
            times = [stop - start for start, stop in zip(since, stops, strict=True)]
            METER.seconds += sum(times) / 1e9 / TRIPS
            every.extend(times)
            if theirs:
                pairs.append((statistics.median(times), theirs[1]))

        benchmark.pedantic(  # type: ignore[no-untyped-call]
            trips, setup=beside, rounds=TRIP_ROUNDS, warmup_rounds=1
        )
        opened.send(0, b"")
        assert list(messages) == []
    benchmark.extra_info |= {"size": size, "workers": 1} | _percentiles(every[TRIPS:] or every)
    _ratio(benchmark, floor, pairs[1:] or pairs)


def test_round_trip(
    benchmark: BenchmarkFixture, channel: Any, floor: Floor | str, layout: tuple[str, int, int]
) -> None:
    """Eight bytes to a worker and back, the caller asleep meanwhile."""
    _latency(benchmark, channel, floor, layout, "rtt")


def test_one_way(
    benchmark: BenchmarkFixture, channel: Any, floor: Floor | str, layout: tuple[str, int, int]
) -> None:
    """From the stamp in the worker, before it sends, to the caller: one clock for both."""
    _latency(benchmark, channel, floor, layout, "one")


def _payloads(worker: int, size: int, count: int) -> list[bytes]:
    """Return the messages of a round: each with its number and a checksum of all else."""
    body = bytes([worker]) * (size - CHECK.size)
    crc = zlib.crc32(body)
    return [CHECK.pack(number, zlib.crc32(b"%d" % number, crc)) + body for number in range(count)]


def _whole(message: Any, worker: int, number: int, size: int) -> bool:
    seen, crc = CHECK.unpack_from(message)
    body = memoryview(message)[CHECK.size :]
    return (
        len(message) == size
        and seen == number
        and zlib.crc32(b"%d" % number, zlib.crc32(body)) == crc
        and (not body or body[0] == worker)
    )


def _throughput(
    benchmark: BenchmarkFixture, channel: Any, floor: Floor | str, size: int, workers: int
) -> None:
    """Time *count* messages from each worker, from the word to begin until all are there."""
    caller = os.getpid()
    count = max(2, SIZES[size] // workers)
    total = count * workers
    pairs: list[tuple[float, float]] = []
    theirs: list[float] = []
    gates = [os.pipe() for _ in range(workers)]  # one each: a fast worker could pass another's

    def work(link: Any) -> None:
        payloads = _payloads(link.worker, size, count)
        while os.read(gates[link.worker][0], 1):
            for payload in payloads:
                link.send(payload)

    def beside() -> None:
        theirs[:] = _beside(floor, "stream", count, size, workers)

    try:
        with channel(work, workers) as opened:
            messages = iter(opened)

            def take() -> None:
                start = time.perf_counter()
                for _, opener in gates:
                    os.write(opener, b"!")
                found = list(itertools.islice(messages, total))
                took = time.perf_counter() - start
                if os.getpid() != caller:
                    os._exit(1)
                _verify(found, size, workers, count)
                METER.seconds += took / total
                if theirs:
                    pairs.append((took * 1e9, theirs[0]))

            benchmark.pedantic(  # type: ignore[no-untyped-call]
                take, setup=beside, rounds=ROUNDS, warmup_rounds=1
            )
    finally:
        for gate in gates:
            os.close(gate[0])
            os.close(gate[1])
    benchmark.extra_info |= {"size": size, "workers": workers}
    if benchmark.stats is not None:
        rate = 1 / statistics.median(benchmark.stats.stats.data)
        benchmark.extra_info["messages_per_s"] = round(rate)
        benchmark.extra_info["mib_per_s"] = round(rate * size / (1 << 20), 1)
    _ratio(benchmark, floor, pairs[1:] or pairs)


def _verify(found: list[tuple[int, Any]], size: int, workers: int, count: int) -> None:
    numbers = [0] * workers
    for worker, message in found:
        if not _whole(message, worker, numbers[worker], size):
            raise AssertionError(f"message {numbers[worker]} of worker {worker} is not whole")
        numbers[worker] += 1
    if numbers != [count] * workers:
        raise AssertionError(f"{numbers} messages came")


def _human(size: int) -> str:
    for unit, name in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size // unit} {name}"
    return f"{size} B"


@pytest.mark.parametrize("workers", FAN_IN)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: _human(size).replace(" ", ""))
def test_throughput(
    benchmark: BenchmarkFixture, channel: Any, floor: Floor | str, size: int, workers: int
) -> None:
    """Messages of one size from one worker, or from several at once."""
    benchmark.group = f"messages of {_human(size):>7} from {workers} worker{'s'[: workers - 1]}"
    _throughput(benchmark, channel, floor, size, workers)
