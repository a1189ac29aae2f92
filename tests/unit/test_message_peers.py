"""The peers of the channels carry each message, whole and in order."""

import os
import signal
import struct
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.benchmarks import message_peers
from tests.benchmarks.message_peers import Open
from tests.benchmarks.message_peers.child import in_child
from tests.benchmarks.message_peers.memory import ROOM, end, place

SIZES = (8, 1000, 64 << 10, 1 << 20)
# More than a ring holds, more than a queue has places for, and more at once than a caller takes.
MANY = [8] * 3000 + [64 << 10] * 100 + [1 << 20] * 40
HEAD = struct.Struct("=II")  # worker, number


@pytest.fixture(params=message_peers.NAMES)
def peer(request: pytest.FixtureRequest) -> str:
    """Return a peer, or skip with the reason."""
    name: str = request.param
    if reason := message_peers.unsupported(name):
        pytest.skip(f"{name}: {reason}")
    return name


def _with(peer: str, act: Callable[[Open], Any]) -> Any:
    """Call *act* with the channel of a peer, each time in a child: some leave threads."""

    def acted() -> Any:
        with message_peers.opening(peer) as channel:
            return act(channel)

    return in_child(acted)


def _echo(link: Any) -> None:
    while message := link.receive():
        link.send(bytes(message))


def _there_and_back(channel: Open) -> list[tuple[int, bool]]:
    with channel(_echo, 1, duplex=True) as opened:
        messages = iter(opened)
        found = []
        for size in SIZES * 3:
            data = os.urandom(size)
            opened.send(0, data)
            worker, message = next(messages)
            found.append((worker, bytes(message) == data))
        opened.send(0, b"")
        assert list(messages) == []
    return found


def test_a_message_comes_back_as_it_was_sent(peer: str) -> None:
    """Of each size, one at a time; then the end."""
    assert _with(peer, _there_and_back) == [(0, True)] * len(SIZES) * 3


def _source(link: Any) -> None:
    for number, size in enumerate(MANY):
        link.send(HEAD.pack(link.worker, number) + bytes(size - HEAD.size))


def _all(workers: int, channel: Open) -> list[int]:
    """Return how many messages of each worker came, in order and whole."""
    counts = [0] * workers
    with channel(_source, workers) as opened:
        for worker, message in opened:
            assert HEAD.unpack_from(message) == (worker, counts[worker])
            assert len(message) == MANY[counts[worker]]
            assert not any(memoryview(message)[HEAD.size :][-64:])
            counts[worker] += 1
    return counts


@pytest.mark.parametrize("workers", [1, 3])
def test_all_messages_come_in_the_order_of_each_worker(peer: str, workers: int) -> None:
    """From one worker, and from several at once."""
    assert _with(peer, partial(_all, workers)) == [len(MANY)] * workers


def _left_early(channel: Open) -> int:
    def work(link: Any) -> None:
        link.send(b"%d" % os.getpid())
        signal.pause()

    with channel(work, 1) as opened:
        return int(bytes(next(iter(opened))[1]))


def test_a_channel_that_is_left_ends_its_workers(peer: str) -> None:
    """Also those that would go on for ever."""
    pid = _with(peer, _left_early)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def _views(channel: Open) -> list[bytes]:
    def work(link: Any) -> None:
        for number in range(6):
            link.send(bytes([number + 1]) * (1 << 20))

    with channel(work, 1) as opened:
        kept = list(opened)
    return [bytes(message[:1]) for _, message in kept if len(set(bytes(message))) == 1]


def test_what_is_read_in_place_holds_while_half_of_the_room_is_sent() -> None:
    """And after the channel was closed."""
    assert _with("shm_in_place", _views) == [bytes([number + 1]) for number in range(6)]


def test_places_lie_in_one_piece() -> None:
    """One that does not fit before the end begins at the start."""
    position = 0
    for size in (5, 8, 1 << 20, ROOM // 2, 77, ROOM // 2, 1 << 20):
        at = place(position, size)
        assert at >= position
        assert at % 8 == 0
        assert at // ROOM == (at + size - 1) // ROOM
        position = end(at, size)
    with pytest.raises(ValueError, match="does not fit"):
        place(0, ROOM // 2 + 1)


def test_a_peer_that_is_not_installed_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the name of its extra."""
    for name, module, extra in (
        ("nng", "pynng", "nng"),
        ("zeromq", "zmq", "zmq"),
        ("faster_fifo", "faster_fifo", "fifo"),
        ("iceoryx2", "iceoryx2", "iceoryx2"),
        ("redis", "redis", "redis"),
    ):
        monkeypatch.setitem(sys.modules, module, None)
        reason = message_peers.unsupported(name)
        assert reason is not None
        assert reason.endswith(f"python3 bootstrap.py --extra {extra} bench")


def test_a_child_tells_what_it_found_or_how_it_failed() -> None:
    """Its result, its error, or its end."""
    assert in_child(lambda: [1, 2]) == [1, 2]
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        in_child(lambda: 1 // 0)
    with pytest.raises(AssertionError, match="ended with 3"):
        in_child(lambda: os._exit(3))
