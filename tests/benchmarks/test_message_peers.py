"""Performance of what else a program would send messages by, in the tables of the channels."""

import contextlib
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests.benchmarks import message_peers
from tests.benchmarks.message_peers.child import in_child
from tests.benchmarks.messages import Channel, Layout, Way, of_latency, of_stream
from tests.benchmarks.meter import METER
from tests.benchmarks.rounds import Sample
from tests.benchmarks.tables import Entry
from tests.benchmarks.test_messages import fan_in, latency, layouts, sizes, stream

pytestmark = pytest.mark.benchmark(timer=METER)


def channel_of(peer: str) -> Channel:
    """Return what measures with the channel of a peer."""

    @contextlib.contextmanager
    def opened() -> Iterator[Callable[[Way], Sample]]:
        if reason := message_peers.unsupported(peer):
            pytest.skip(f"{peer}: {reason}")
        with message_peers.opening(peer) as channel:

            def measured(way: Way) -> Sample:
                if not message_peers.forks_once(peer):
                    return way(channel)
                return in_child(partial(way, channel))

            yield measured

    return opened


def _round_trip(peer: str, layout: Layout) -> Entry:
    return latency(partial(of_latency, channel_of(peer)), "rtt", layout)


def _one_way(peer: str, layout: Layout) -> Entry:
    return latency(partial(of_latency, channel_of(peer)), "one", layout)


def _throughput(peer: str, size: int, to: tuple[int, Layout]) -> Entry:
    return stream(partial(of_stream, channel_of(peer)), size, to)


peers = pytest.mark.parametrize("peer", message_peers.NAMES)


@peers
@layouts
@pytest.mark.contends(by=_round_trip)
def test_round_trip(tell: Callable[[], None], peer: str, layout: Layout) -> None:
    """Eight bytes to a worker and back."""
    tell()


@peers
@layouts
@pytest.mark.contends(by=_one_way)
def test_one_way(tell: Callable[[], None], peer: str, layout: Layout) -> None:
    """From the stamp in the worker, before it sends, to the caller."""
    tell()


@peers
@fan_in
@sizes
@pytest.mark.contends(by=_throughput)
def test_throughput(tell: Callable[[], None], peer: str, size: int, to: tuple[int, Layout]) -> None:
    """Messages of one size from one worker, or from several at once."""
    tell()
