"""Latency under load, and break-even: measured on request alone (-k under_load, -k break_even).

Of channels and their peers: messages of 64 bytes from one worker to the caller, each on a core of
its own.
"""

from collections.abc import Callable

import pytest

from tests.benchmarks import message_peers
from tests.benchmarks.break_even import of_work
from tests.benchmarks.messages import Channel, fastest, of_transport
from tests.benchmarks.meter import METER
from tests.benchmarks.open_loop import c_load, of_load
from tests.benchmarks.rounds import Budget, Prepare
from tests.benchmarks.source import PLACE, SIZE
from tests.benchmarks.tables import Entry
from tests.benchmarks.test_message_peers import channel_of
from tests.benchmarks.test_messages import FLOOR

# Together below a minute: of a table with more contenders there are fewer rounds.
LOAD = Budget(22.0, least=3, most=15, floors=1)
EVEN = Budget(14.0, least=4, most=25, floors=1)

pytestmark = [
    pytest.mark.benchmark(timer=METER),
    pytest.mark.on_request("under_load", "break_even"),
]
peers = pytest.mark.parametrize("peer", message_peers.NAMES)


def _floor() -> Prepare:
    return fastest([c_load(mechanism) for mechanism in FLOOR])


def _load(prepare: Prepare, transport: str = "") -> Entry:
    """Return the entry of *prepare*; *transport*, if floor.c may have the same."""
    in_c = {"x_c": (f"C {transport}", c_load(transport))} if transport else {}
    return Entry(
        group=f"latency under load: {SIZE} B from 1 worker, {PLACE.value}",
        kind="load",
        prepare=prepare,
        bases={"x_floor": ("floor", _floor())} | in_c,
        budget=LOAD,
        info={"size": SIZE, "workers": 1},
    )


def _even(channel: Channel) -> Entry:
    return Entry(
        group=f"break-even: {SIZE} B from 1 worker, {PLACE.value}",
        kind="even",
        prepare=of_work(channel),
        bases={},
        budget=EVEN,
        info={"size": SIZE, "workers": 1},
    )


def _load_of_transport(transport: str) -> Entry:
    return _load(of_load(of_transport(transport)), transport)


def _load_of_peer(peer: str) -> Entry:
    return _load(of_load(channel_of(peer)))


def _load_of_floor(run: str) -> Entry:
    return _load(_floor())


def _even_of_transport(transport: str) -> Entry:
    return _even(of_transport(transport))


def _even_of_peer(peer: str) -> Entry:
    return _even(channel_of(peer))


@pytest.mark.contends(by=_load_of_transport)
def test_latency_under_load(tell: Callable[[], None], transport: str) -> None:
    """From the time at which a message was to be sent, at parts of the rate that is reached."""
    tell()


@peers
@pytest.mark.contends(by=_load_of_peer)
def test_latency_under_load_of_peers(tell: Callable[[], None], peer: str) -> None:
    """The same of what else a program would send messages by."""
    tell()


@pytest.mark.parametrize("run", ["floor"])
@pytest.mark.contends(by=_load_of_floor)
def test_latency_under_load_floor(tell: Callable[[], None], run: str) -> None:
    """The same from C."""
    tell()


@pytest.mark.contends(by=_even_of_transport)
def test_break_even(tell: Callable[[], None], transport: str) -> None:
    """How much work for each message makes the choice of the channel one that does not matter."""
    tell()


@peers
@pytest.mark.contends(by=_even_of_peer)
def test_break_even_of_peers(tell: Callable[[], None], peer: str) -> None:
    """The same of what else a program would send messages by."""
    tell()
