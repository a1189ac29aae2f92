"""How messages are measured: by a transport's channel, and by the same mechanism driven from C.

A channel is opened for each measurement and closed after it, untimed, as tests/benchmarks/floor.c
does: where its memory lies and where the scheduler puts its workers is drawn anew in each round,
so that it is part of the interval, and not of the difference between two runs of the benchmarks
(Kalibera and Jones, Rigorous benchmarking in reasonable time, ISMM 2013).

Only what the messages take is timed: all are verified after each measurement.
"""

import contextlib
import itertools
import operator
import os
import random
import statistics
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache, partial
from operator import attrgetter
from typing import Any

import pytest

from tests import harness
from tests.benchmarks.floor import MECHANISMS, Floor, NoFloor, program
from tests.benchmarks.rounds import Measure, Prepare, Sample
from tests.benchmarks.runs import supported
from tests.scenarios.loading import given_way, load

TRIPS = 500  # timed, in each measurement
BATCHES = 4  # timed, in each measurement of a stream
C_BATCHES = 8  # from C, where one takes less time
PAUSE = 1e-3  # seconds before a batch, and as long in floor.c
STAMP = struct.Struct("=q")
# It ends the worker of a latency test. It is not empty: some peers cannot send an empty message.
STOP = b"."
NUMBER = struct.Struct("=II")  # of a message and of its worker

Open = Callable[..., contextlib.AbstractContextManager[Any]]
"""A transport's `channel`: see `transports`."""

Way = Callable[[Open], Sample]
"""What is measured with it."""

Channel = Callable[[], contextlib.AbstractContextManager[Callable[[Way], Sample]]]
"""Sets up what all channels of a contender need, and gives what measures a `Way` with one."""


class Layout(Enum):
    """Where the caller and its workers are held, of the processors that this process may use."""

    ANYWHERE = "anywhere"
    ONE = "on one core"
    TWO = "on two cores"
    APART = "apart"  # the caller on the first, workers on all others, if there are others

    def processors(self, turn: int = 0) -> tuple[list[int], list[int]]:
        """Return those of the caller and those of its workers; none are any.

        turn: if it is odd, the first two change places: one processor may be slower than another,
            since another program runs on it or because of interrupts.
        """
        if self is Layout.ANYWHERE or not hasattr(os, "sched_setaffinity"):  # as on macOS
            return [], []
        cores = sorted(os.sched_getaffinity(0))
        first, *others = [*reversed(cores[:2]), *cores[2:]] if turn % 2 else cores
        if self is Layout.ONE:
            return [first], [first]
        if self is Layout.TWO and not others:
            pytest.skip("there is one core alone")
        return [first], others[:1] if self is Layout.TWO else others or [first]


LATENCY = (Layout.ONE, Layout.TWO) if hasattr(os, "sched_setaffinity") else (Layout.ANYWHERE,)


def stay_on(processors: list[int]) -> None:
    """Hold each thread of this process to *processors*: libraries start some of their own."""
    for thread in os.listdir("/proc/self/task") if processors else ():
        with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
            os.sched_setaffinity(int(thread), processors)


@contextlib.contextmanager
def held(processors: list[int]) -> Iterator[None]:
    """Hold this process to *processors* in the block."""
    allowed = [*os.sched_getaffinity(0)] if processors else []
    stay_on(processors)
    try:
        yield
    finally:
        stay_on(allowed)


def of_transport(transport: str) -> Channel:
    """Return what measures with the channel of a transport, by the name that was given."""

    @contextlib.contextmanager
    def opened() -> Iterator[Callable[[Way], Sample]]:
        module = supported(transport)
        if (reason := harness.support(module).no_channel) is not None:
            pytest.skip(reason)
        with given_way(module):
            channel: Open = load(module).channel

        def measured(way: Way) -> Sample:
            with given_way(module):
                return way(channel)

        yield measured

    return opened


def by(channel: Channel, way: Callable[[int, Open], Sample]) -> Prepare:
    """Return how to measure *way* with *channel*, in the round of the number that it takes."""

    @contextlib.contextmanager
    def prepare() -> Iterator[Measure]:
        with channel() as measured:
            yield lambda turn: measured(partial(way, turn))

    return prepare


def _seconds(answer: list[int]) -> Sample:
    (nanoseconds,) = answer
    return Sample(nanoseconds / 1e9)


def of_c(
    mechanism: str,
    layout: Layout,
    *command: object,
    read: Callable[[list[int]], Sample] = _seconds,
) -> Prepare:
    """Return how to measure a mechanism driven from C.

    command: one of floor.c.  read: makes a sample of its answer.
    """

    @contextlib.contextmanager
    def prepare() -> Iterator[Measure]:
        if mechanism not in MECHANISMS:
            raise NoFloor(f"tests/benchmarks/floor.c has no {mechanism}")
        built = program()

        def measured(turn: int) -> Sample:
            # A process for each measurement: where its memory lies is drawn at its start.
            with Floor(built, mechanism) as running:
                return read(running.ask(layout.processors(turn), *command))

        yield measured

    return prepare


def fastest(several: Sequence[Prepare]) -> Prepare:
    """Return how to measure all of *several*, for the shortest time."""

    @contextlib.contextmanager
    def prepare() -> Iterator[Measure]:
        with contextlib.ExitStack() as stack:
            measures = [stack.enter_context(each()) for each in several]
            yield lambda turn: min((each(turn) for each in measures), key=attrgetter("seconds"))

    return prepare


def of_latency(channel: Channel, what: str, layout: Layout) -> Prepare:
    """Return how to measure the median of a round trip ("rtt") or of one way back ("one")."""
    return by(channel, partial(_latency, what, layout))


def c_latency(mechanism: str, what: str, layout: Layout) -> Prepare:
    """Return how to measure the same from C."""
    return of_c(mechanism, layout, what, TRIPS, STAMP.size)


def _echo(processors: list[int], link: Any) -> None:
    stay_on(processors)
    while len(message := link.receive()) == STAMP.size:
        link.send(message)


def _stamp(processors: list[int], link: Any) -> None:
    stay_on(processors)
    while len(link.receive()) == STAMP.size:
        link.send(STAMP.pack(time.monotonic_ns()))


def _latency(what: str, layout: Layout, turn: int, channel: Open) -> Sample:
    """Send eight bytes to a worker and wait for its answer, TRIPS times."""
    ours, theirs = layout.processors(turn)
    work = partial(_echo if what == "rtt" else _stamp, theirs)
    # Made ahead: what is timed is the channel.
    questions = [STAMP.pack(number) for number in range(1, TRIPS + 1)]
    with held(ours), channel(work, 1, duplex=True) as opened:
        messages = iter(opened)
        _trips(opened.send, messages, questions[: TRIPS // 10])  # to warm up
        starts, answers, stops = _trips(opened.send, messages, questions)
        opened.send(0, STOP)
        if list(messages):
            raise AssertionError("there is an answer more than questions")
    if what == "rtt":
        if answers != [(0, question) for question in questions]:
            raise AssertionError("an answer is not its question")
        since = starts
    else:
        since = [STAMP.unpack(message)[0] for worker, message in answers if worker == 0]
        if len(since) != TRIPS or not all(map(_between, starts, since, stops)):
            raise AssertionError("an answer is not the one to its question")
    times = [stop - start for start, stop in zip(since, stops, strict=True)]
    return Sample(statistics.median(times) / 1e9, times)


def _between(start: int, stamp: int, stop: int) -> bool:
    return start < stamp < stop


def _trips(
    send: Callable[[int, bytes], None], messages: Iterator[tuple[int, Any]], questions: list[bytes]
) -> tuple[list[int], list[tuple[int, Any]], list[int]]:
    """Return when each question was sent, its answer, and when that was there: nanoseconds."""
    caller = os.getpid()
    clock = time.monotonic_ns  # the same in all processes
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
    return starts, answers, stops


@dataclass(frozen=True)
class Stream:
    """A batch: *count* messages of *size* bytes from each worker."""

    size: int
    workers: int
    count: int
    layout: Layout


def of_stream(channel: Channel, stream: Stream) -> Prepare:
    """Return how to measure the time of a message of a stream: see `_stream`."""
    return by(channel, partial(_stream, stream))


def c_stream(mechanism: str, stream: Stream) -> Prepare:
    """Return how to measure the same from C."""
    command = ("stream", stream.count, stream.size, stream.workers, C_BATCHES)
    return of_c(mechanism, stream.layout, *command)


class _Gates:
    """A gate for each worker, passed at a word: one worker could pass a common gate twice."""

    def __init__(self, workers: int) -> None:
        self._pipes = [os.pipe() for _ in range(workers)]

    def wait(self, worker: int) -> bytes:
        """Return the next word, in a worker."""
        return os.read(self._pipes[worker][0], 1)

    def say(self, word: bytes) -> None:
        """Let all workers through."""
        for _, opener in self._pipes:
            os.write(opener, word)

    def close(self) -> None:
        """Close all pipes."""
        for pipe in self._pipes:
            for end in pipe:
                os.close(end)


_BATCH, _END = b"b", b"e"  # words


def _stream(stream: Stream, turn: int, channel: Open) -> Sample:
    """Time batches from the word to begin until all messages are there; return that of one."""
    caller = os.getpid()
    workers, count = stream.workers, stream.count
    ours, theirs = stream.layout.processors(turn)
    batches = [numbered(worker, stream.size, count) for worker in range(workers)]

    def work(link: Any) -> None:
        stay_on(theirs)
        batch = batches[link.worker]
        while gates.wait(link.worker) != _END:
            for payload in batch:
                link.send(payload)

    def timed() -> float:
        time.sleep(PAUSE)  # they wait for the word
        start = time.perf_counter()
        gates.say(_BATCH)
        found = list(itertools.islice(messages, count * workers))
        took = time.perf_counter() - start
        if os.getpid() != caller:
            os._exit(1)  # a worker came back: no second pytest
        verify(found, batches)
        return took

    with (
        contextlib.closing(_Gates(workers)) as gates,
        held(ours),
        channel(work, workers) as opened,
    ):
        messages = iter(opened)
        try:
            timed()  # to warm up: after a fork, the first write to a page copies it
            times = [timed() for _ in range(BATCHES)]
        finally:
            gates.say(_END)  # some channels wait at their end for the workers
        if list(messages):
            raise AssertionError("there are more messages than were sent")
    return Sample(_middle(times) / (count * workers))


def _middle(times: list[float]) -> float:
    """Return the mean of the middle half, as floor.c does."""
    cut = len(times) // 4
    return statistics.fmean(sorted(times)[cut : len(times) - cut])


@lru_cache(8)  # of one table: what the caller has in memory makes its forks slower
def numbered(worker: int, size: int, count: int) -> tuple[bytes, ...]:
    """Return the messages of a batch: no two are equal, and no two parts of one are."""
    rest = random.Random(worker).randbytes(size - NUMBER.size)
    return tuple(NUMBER.pack(number, worker) + rest for number in range(count))


def verify(found: list[tuple[int, Any]], batches: Sequence[Sequence[bytes]]) -> None:
    """Raise unless *found* are the messages of *batches*, of each worker in their order."""
    for worker, batch in enumerate(batches):
        got = [message for of, message in found if of == worker]
        if got != [*batch]:
            same = map(operator.eq, got, batch)
            first = sum(1 for _ in itertools.takewhile(bool, same))
            text = f"{len(got)} of {len(batch)} messages of worker {worker} came, and of these"
            raise AssertionError(f"{text} the first {first} are what was sent")
    if len(found) != sum(map(len, batches)):
        raise AssertionError("there are messages of a worker that does not exist")
