"""G1, where trials share the machine: what another program makes in /tmp is not the transport's."""

from collections.abc import Callable

import pytest

from tests.clauses import test_g_closed
from tests.harness import named_runs
from tests.harness.outcome import Message, Outcome

_SEEN: Message = {"kind": "appeared", "pid": 7, "round": 0, "top": True, "place": "/tmp"}  # noqa: S108
_MADE: Message = {"kind": "named", "pid": 7, "place": "/tmp", "made": True}  # noqa: S108


def _judge(
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
    shared: bool,
    *messages: Message,
) -> None:
    outcome = Outcome(messages=list(messages))
    monkeypatch.setattr(named_runs, "undisturbed", lambda _: [outcome])
    monkeypatch.setattr(test_g_closed, "refused", lambda: "no namespaces" if shared else "")
    monkeypatch.setattr("tests.harness.checks.all_exact", lambda _: None)
    monkeypatch.setattr("tests.harness.checks.no_orphan", lambda found: found)
    test_g_closed.test_what_appears_is_for_its_owner_alone("any", record_property)


def test_a_directory_of_another_program_fails_nothing(
    monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    """The other program makes it while the transport runs; a file fails nothing either."""
    for what in ("directory", "file"):
        seen = _SEEN | {"what": what, "name": "other", "mode": 0o711}
        _judge(monkeypatch, record_property, True, seen)


@pytest.mark.parametrize("shared", [True, False])
def test_a_directory_of_the_transport_is_for_its_owner(
    monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None], shared: bool
) -> None:
    """In a world of its own, all that appears is the transport's."""
    seen = _SEEN | {"what": "directory", "name": "own", "mode": 0o711}
    made = [_MADE | {"name": "own"}] if shared else []
    with pytest.raises(AssertionError, match="directory own has mode 711"):
        _judge(monkeypatch, record_property, shared, seen, *made)


def test_a_socket_is_the_transports(
    monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    """Few programs make one, and no audit event tells who has."""
    seen = _SEEN | {"what": "socket", "name": "any", "mode": 0o777}
    with pytest.raises(AssertionError, match="socket any has mode 777"):
        _judge(monkeypatch, record_property, True, seen)
