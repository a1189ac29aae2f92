"""What benchmarks of messages send, how it is compared with what comes, and where processes run."""

import os
from typing import Any

import pytest

from tests.benchmarks.messages import Layout, numbered, verify

SIZE, COUNT = 64, 5
BATCHES = [numbered(worker, SIZE, COUNT) for worker in range(2)]


def _found() -> list[tuple[int, Any]]:
    """Return the messages of both workers, one of each in turn."""
    return [(worker, BATCHES[worker][i]) for i in range(COUNT) for worker in range(2)]


def test_no_two_messages_and_no_two_parts_of_one_are_equal() -> None:
    """So one that comes twice, or whose parts are in another order, is seen."""
    every = [message for batch in BATCHES for message in batch]
    assert len({*every}) == 2 * COUNT
    assert {len(message) for message in every} == {SIZE}
    large = numbered(0, 1 << 16, 1)[0]
    assert len({large[at : at + 4096] for at in range(0, len(large), 4096)}) == 16


def test_what_was_sent_is_good_in_any_kind_of_buffer_and_any_order_of_workers() -> None:
    """Some channels return a bytearray or a view."""
    verify(_found(), BATCHES)
    verify([(worker, memoryview(bytearray(data))) for worker, data in _found()[::2]], BATCHES[:1])
    verify(sorted(_found(), key=lambda each: -each[0]), BATCHES)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (_found()[:-1], "4 of 5 messages of worker 1 came, and of these the first 4"),
        ([*_found(), _found()[0]], "6 of 5 messages of worker 0 came, and of these the first 5"),
        (_found()[2:4] + _found()[:2] + _found()[4:], "of worker 0 came, and of these the first 0"),
        ([(0, BATCHES[0][0][:-1]), *_found()[1:]], "of worker 0 came, and of these the first 0"),
        ([*_found(), (2, b"")], "of a worker that does not exist"),
    ],
)
def test_each_fault_is_told(found: list[tuple[int, Any]], said: str) -> None:
    """A message that is lost, comes twice, is late, is cut, or is of nobody."""
    with pytest.raises(AssertionError, match=said):
        verify(found, BATCHES)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the system holds no process")
@pytest.mark.parametrize(
    ("layout", "even", "odd"),
    [
        (Layout.ONE, ([2], [2]), ([5], [5])),
        (Layout.TWO, ([2], [5]), ([5], [2])),
        (Layout.APART, ([2], [5, 6, 7]), ([5], [2, 6, 7])),
        (Layout.ANYWHERE, ([], []), ([], [])),
    ],
)
def test_the_first_two_processors_change_places_from_round_to_round(
    monkeypatch: pytest.MonkeyPatch,
    layout: Layout,
    even: tuple[list[int], list[int]],
    odd: tuple[list[int], list[int]],
) -> None:
    """Another program on one of them is then on the caller's and on the workers' for as long."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {7, 5, 2, 6})
    assert [layout.processors(turn) for turn in range(-1, 3)] == [odd, even, odd, even]


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the system holds no process")
def test_one_processor_is_that_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """What needs a second one is skipped."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {3})
    for turn in range(2):
        assert Layout.ONE.processors(turn) == Layout.APART.processors(turn) == ([3], [3])
        with pytest.raises(pytest.skip.Exception, match="one core alone"):
            Layout.TWO.processors(turn)
