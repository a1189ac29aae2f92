"""Names of what a transport made: `tests.harness.names`, and clause G3 by it."""

import secrets
import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.clauses import test_g_closed
from tests.harness import named_runs, names
from tests.harness.outcome import Message, Outcome


def _trials(name: Callable[[], str]) -> list[list[Message]]:
    """Return the messages of two trials of two runs, each of which made two files."""
    one = {"kind": "appeared", "pid": 12345678, "what": "file", "place": "/tmp"}  # noqa: S108 - a name
    return [
        [one | {"round": turn, "name": name()} for turn in range(2) for _ in range(2)]
        for _ in range(2)
    ]


# Random digits, of which no two are close.
_SPREAD = ("1a2b", "3c4d", "5e6f", "7a81", "9cad", "bec3", "d1e2", "f3a4")


def _random() -> str:
    return f"ipc-{secrets.token_hex(13)}"


def _counted() -> Callable[[], str]:
    count = iter(range(1000, 2000))
    return lambda: f"ipc-{next(count)}"


def test_names_of_a_counter_are_close_and_random_ones_are_not() -> None:
    """Two trials of two runs are compared: six pairs of runs, of two names each."""
    assert names.compared(_trials(_random)) == (12, "")
    count, close = names.compared(_trials(_counted()))
    assert count == 12
    assert close.startswith("file in /tmp: ipc-1")


@pytest.mark.parametrize(("make", "is_close"), [(uuid.uuid1, True), (uuid.uuid4, False)])
def test_uuids_of_the_time_are_close_and_random_ones_are_not(
    make: Callable[[], uuid.UUID], is_close: bool
) -> None:
    """With dashes or without."""
    for name in (lambda: f"pi-{make()}", lambda: f"pi-{make().hex}"):
        _, close = names.compared(_trials(name))
        assert bool(close) == is_close


@pytest.mark.parametrize(("repeated", "is_short"), [(1, True), (2, False)])
def test_names_that_draw_few_characters_can_all_be_tried(repeated: int, is_short: bool) -> None:
    """There are 65536 of four hexadecimal digits; keys of System V are numbers of 32 bits."""
    drawn = iter(_SPREAD)
    trials = _trials(lambda: f"pi-{next(drawn) * repeated}")
    _, close = names.compared(trials)
    assert ("4 characters differ" in close) == is_short
    keys = [[message | {"what": "msg"} for message in messages] for messages in trials]
    assert names.compared(keys)[1] == ""


@pytest.mark.parametrize("times", [1, 2])
def test_names_that_are_close_by_chance_are_compared_again(
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
    times: int,
) -> None:
    """It fails only if they are close each time."""
    kinds: Iterator[Callable[[], str]] = iter([_counted()] * times + [_random])

    def named(transport: str) -> list[Outcome]:
        return [Outcome(messages=messages) for messages in _trials(next(kinds))]

    monkeypatch.setattr(named_runs, "trials", named)
    monkeypatch.setattr(test_g_closed, "_appeared", lambda name: [o.messages for o in named(name)])
    test_g_closed.test_no_name_can_be_foretold("any", record_property)


def test_names_that_are_close_each_time_can_be_foretold(
    monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    """The same trials come back each time."""
    trials = _trials(_counted())
    monkeypatch.setattr(named_runs, "trials", lambda _: [Outcome(messages=m) for m in trials])
    monkeypatch.setattr(test_g_closed, "_appeared", lambda _: trials)
    with pytest.raises(AssertionError, match="in another"):
        test_g_closed.test_no_name_can_be_foretold("any", record_property)


def test_a_name_that_resembles_others_has_what_they_have_in_common() -> None:
    """Between runs; a name that each run gives is the same, and keys of System V are left out."""
    first = _trials(lambda: "pi-0123456789.sock")
    seen = names.resembling(first)
    assert seen == [names.Named("file", "/tmp", "pi-0123456789.sock")]  # noqa: S108 - a name
    drawn = names.resembling(_trials(_random))
    assert drawn
    for found in drawn:
        assert found.name.startswith("ipc-")
        assert len(found.name) == len(_random())
        assert found.name not in str(first)
    of_pids = names.resembling(_trials(lambda: "pi-12345678"))
    assert [found.name for found in of_pids] == ["pi-4194304"]
    keys = [[message | {"what": "msg"} for message in messages] for messages in first]
    assert names.resembling(keys) == []
