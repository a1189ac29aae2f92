"""No worker counts as lost while a message of it may still come."""

import itertools
import mmap
from collections import deque
from typing import TYPE_CHECKING, Any

import pytest

from tests import harness
from tests.harness import checks
from tests.scenarios import messages
from transports._channel.authentication import NOTICE
from transports._channel.shm import Ring
from transports._supervisor import Outstanding

if TYPE_CHECKING:
    from collections.abc import Callable

LATE_NOTICE = "tests.unit.late_notice"


def test_a_worker_is_lost_after_one_look_that_finds_nothing() -> None:
    """If that look began after the exit was seen, nothing can come any more."""
    outstanding = Outstanding()
    assert not outstanding
    outstanding.expect([3])
    assert outstanding
    assert outstanding.lost({}, True) == []
    assert outstanding.lost({}, False) == [3]


def test_a_worker_whose_result_came_is_not_lost() -> None:
    """And it is not expected any more; the others are."""
    outstanding = Outstanding()
    outstanding.expect([1, 2])
    assert outstanding.lost({1: 0.5}, False) == [2]
    assert outstanding.lost({1: 0.5, 2: 0.5}, False) == []
    assert not outstanding


def test_others_that_send_on_and_on_hide_no_lost_worker() -> None:
    """The number of packets before a result is bounded."""
    outstanding = Outstanding()
    outstanding.expect([1])
    looks = next(n for n in itertools.count(1) if outstanding.lost({}, True))
    assert looks > 4096 // 64  # a full backlog, of which 64 are accepted in a look


def _nothing() -> None:
    pass


class _Count:
    """A semaphore of one process; before each release it calls a function."""

    def __init__(self) -> None:
        self.value = 0
        self.kept = deque([-1])
        self.post: Callable[[], object] = self.release
        self.before_release: Any = _nothing

    def acquire(self, timeout: float | None = None) -> bool:
        if self.value == 0:
            return False
        self.value -= 1
        return True

    def keep(self, timeout: float | None = None) -> bool:
        if self.kept[0] and self.acquire(timeout):
            self.kept[0] = 0
        return self.kept[0] == 0

    def release(self) -> None:
        self.before_release()
        self.value += 1


def test_a_ring_is_not_settled_amid_a_notice() -> None:
    """A packet may have come whose count was taken for that of the notice."""
    there, free = _Count(), _Count()
    free.value = 100
    ring = Ring(mmap.mmap(-1, 1 << 20), 0, 16, 1024, None, free, there)
    seen: list[object] = []
    notice = [(b"", NOTICE)]

    def fetch() -> list[tuple[bytes, int]]:
        ring.fetch(wait=False)
        return [ring.fetched.popleft()]

    def amid() -> None:
        there.before_release = _nothing
        seen.append(ring.settled())
        seen.append(fetch())
        seen.append(fetch())

    assert ring.settled()
    ring.put(b"packet", 7, wait=False)
    there.before_release = amid
    ring.notice()
    assert seen == [False, notice, notice]
    assert ring.settled()
    assert fetch() == [(b"packet", 7)]


def test_a_watcher_that_is_held_up_costs_no_message() -> None:
    """They come amid its notice, while the workers end."""
    if (reason := harness.unsupported("transports.shm")) is not None:
        pytest.skip(reason)
    cases = [case.__name__ for case in (messages.short_lives, messages.as_many_as_it_holds)]
    outcome = checks.nothing_left(
        harness.run_trial(LATE_NOTICE, harness.call(messages.carried, cases), limit=60)
    )
    assert [(case["case"], case["why"]) for case in outcome.of("case")] == [
        (c, None) for c in cases
    ]
