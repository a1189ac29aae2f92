"""No worker is reported as lost while something of it may still come."""

import contextlib
import itertools
import mmap
import time
from typing import Any

import pytest

from tests import judge, lab
from transports import _crew, _stream

LATE_NOTICE = "tests.late_notice"


def test_a_worker_is_lost_after_one_look_that_finds_nothing() -> None:
    """That look began after its exit was seen."""
    owing = _crew.Owing()
    assert not owing
    owing.expect([3])
    assert owing
    assert owing.lost({}, ready=True) == []
    assert owing.lost({}, ready=False) == [3]


def test_a_worker_whose_result_came_is_not_lost() -> None:
    """And it is forgotten; the others are not."""
    owing = _crew.Owing()
    owing.expect([1, 2])
    assert owing.lost({1: 0.5}, ready=False) == [2]
    assert owing.lost({1: 0.5, 2: 0.5}, ready=False) == []
    assert not owing


def test_a_channel_that_is_late_has_its_grace() -> None:
    """A look that finds nothing does not count before."""
    owing = _crew.Owing(grace=0.05)
    owing.expect([1])
    assert owing.lost({}, ready=False) == []
    time.sleep(0.06)
    owing.expect([1])  # again: it has no more time by that
    assert owing.lost({}, ready=False) == [1]


def test_others_that_send_on_and_on_hide_no_lost_worker() -> None:
    """What is ahead of a result is bounded."""
    owing = _crew.Owing()
    owing.expect([1])
    looks = next(n for n in itertools.count(1) if owing.lost({}, ready=True))
    assert looks > 4096 // 64  # a full backlog, of which 64 are accepted in a look


def _nothing() -> None:
    pass


class _Count:
    """A semaphore of one process, that lets something happen before it is released."""

    def __init__(self) -> None:
        self.value = 0
        self.before_release: Any = _nothing

    def acquire(self, timeout: float | None = None) -> None:
        if self.value == 0:
            raise BlockingIOError
        self.value -= 1

    def release(self) -> None:
        self.before_release()
        self.value += 1


def test_a_ring_is_not_settled_amid_a_notice() -> None:
    """Then a packet may be there whose count was taken for the notice."""
    there, room = _Count(), _Count()
    room.value = 100
    ring = _stream.Ring(mmap.mmap(-1, 1 << 20), 0, 16, None, room, there)
    seen: list[object] = []

    def amid() -> None:
        there.before_release = _nothing
        seen.append(ring.settled())
        seen.append(ring.take(0))
        with contextlib.suppress(BlockingIOError):
            seen.append(ring.take(0))

    assert ring.settled()
    ring.put(b"packet", 7)
    there.before_release = amid
    ring.notice()
    assert seen == [False, (b"", _stream.NOTICE)]
    assert ring.settled()
    assert ring.take(0) == (b"packet", 7)


def test_a_watcher_that_is_held_up_costs_no_message() -> None:
    """Amid its notice, while the workers end."""
    if (reason := lab.unsupported("transports.shm")) is not None:
        pytest.skip(reason)
    cases = ["short_lives", "as_many_as_it_holds"]
    outcome = judge.clean(lab.trial(LATE_NOTICE, "messages.carried", cases=cases, limit=60))
    assert [(case["case"], case["why"]) for case in outcome.of("case")] == [
        (c, None) for c in cases
    ]
