"""Verdicts on what runs in many orders have shown."""

from typing import Any

import pytest

from tests.harness import Outcome, ordering

_EXACT = {"n": "1", "workers": "1", "value": 8**0.5, "type": "float"}


def _outcome(**fields: Any) -> Outcome:
    usual = {"kind": "order", "order": "eldest", "times": 1, "outcome": _EXACT, "status": 0}
    return Outcome(messages=[usual | {"stuck": [], "proven": True} | fields])


def test_a_run_that_is_exact_in_each_order_passes() -> None:
    """By each verdict."""
    ordering.sound(_outcome())


@pytest.mark.parametrize(
    ("fields", "due"),
    [
        ({"outcome": {}, "status": 0}, "CRASH: the caller ended with 0"),
        ({"outcome": {}, "status": 1}, "CRASH: the caller ended with 1"),
        ({"status": -11}, "CRASH: the caller ended with -11"),
        ({"outcome": {}, "status": None, "stuck": ["it waits in poll"]}, "HANG: they wait for"),
        ({"stuck": ["child 1 waits in read"]}, "ORPHAN: child 1 waits in read"),
    ],
)
def test_a_run_that_did_not_end_as_it_should_fails(fields: dict[str, Any], due: str) -> None:
    """An end without a result and without an error is none."""
    with pytest.raises(pytest.fail.Exception, match=due):
        ordering.sound(_outcome(**fields))
