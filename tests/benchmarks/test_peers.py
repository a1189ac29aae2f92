"""Performance of what else a program would use, beside the transports.

Each peer is measured cold, in the tables of the transports, and warm, when only the work is
handed over, in tables of their own: the two cannot be compared.  Each transport is also measured
beside Redis: the article on which this project is based replaced Redis by such transports.
"""

import pkgutil
from collections.abc import Callable

import pytest

import kernel
from tests.benchmarks import peers
from tests.benchmarks.meter import METER
from tests.benchmarks.rounds import SHORT
from tests.benchmarks.runs import of_peer, of_transport
from tests.benchmarks.tables import Entry
from tests.benchmarks.test_run import END_TO_END, OVERHEAD, end_to_end, overhead

NAMES = sorted(module.name for module in pkgutil.iter_modules(peers.__path__))
PEERS = [*(f"{name} {mode}" for name in NAMES for mode in ("cold", "warm")), "redis served"]
WARM = ", warm"
IN_PLACE = {
    10: "in place of Redis: 10 workers, one term each",
    10_000_000: "in place of Redis: 10 000 000 terms, 10 workers",
}

pytestmark = pytest.mark.benchmark(timer=METER)


def _more(peer: str) -> str:
    return WARM if peer.endswith(" warm") else ""


def _end_to_end(peer: str) -> Entry:
    title = END_TO_END + _more(peer)
    return end_to_end(lambda n, workers: of_peer(peer, n, workers), title)


def _overhead(peer: str, workers: int) -> Entry:
    return overhead(lambda n, workers: of_peer(peer, n, workers), workers, _more(peer))


def _in_place_of_redis(transport: str, n: int) -> Entry:
    workers = 10
    return Entry(
        group=IN_PLACE[n],
        kind="redis",
        prepare=of_transport(transport, n, workers),
        bases={"x_redis": ("redis", of_peer("redis served", n, workers))},
        budget=SHORT,
        info={"kernel": kernel.selected, "n": n, "workers": workers},
    )


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.contends(by=_end_to_end)
def test_end_to_end(tell: Callable[[], None], peer: str) -> None:
    """Ten million terms by ten workers."""
    tell()


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("workers", OVERHEAD)
@pytest.mark.contends(by=_overhead)
def test_overhead(tell: Callable[[], None], peer: str, workers: int) -> None:
    """One term a worker."""
    tell()


@pytest.mark.parametrize("n", IN_PLACE, ids=["overhead", "end to end"])
@pytest.mark.contends(by=_in_place_of_redis)
def test_in_place_of_redis(tell: Callable[[], None], transport: str, n: int) -> None:
    """What a program gains that used Redis, with its server running."""
    tell()
