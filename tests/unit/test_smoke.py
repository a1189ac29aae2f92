"""What is said of a short run that does not give pi."""

from typing import Any

import pytest

from tests.harness.hang import Frame
from tests.harness.smoke import said, smoke

TARGET = "/home/me/mine.py"
DUE = 3.1412743276027366


def _returned(value: Any) -> dict[str, Any]:
    return {"value": value, "type": type(value).__name__}


@pytest.mark.parametrize("off", [0.0, 1e-7, -1e-7])
def test_a_float_close_to_pi_is_all_right(off: float) -> None:
    """How exact it is, clause A1 judges."""
    assert not said(_returned(DUE + off), [], TARGET)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (_returned(None), "returned None: a float is due"),
        (_returned("3.14"), "returned '3.14', of type str: a float is due"),
        (_returned(3), "returned 3, of type int"),
        (_returned(3.14159), "returned 3.14159, where 3.14127432760273"),
        (_returned(float("nan")), "returned nan, where"),
        ({"value": "<coroutine>", "type": "coroutine"}, "run must be a plain function"),
        ({"value": "<generator>", "type": "generator"}, "run must return the value"),
    ],
)
def test_any_other_value_is_told_with_what_is_due(call: dict[str, Any], text: str) -> None:
    """And with the call."""
    assert said(call, [], TARGET).startswith("run(1000, 2) ")
    assert text in said(call, [], TARGET)


def test_an_error_is_told_with_the_lines_of_the_module() -> None:
    """And not with those of libraries or of the suite."""
    frames = [Frame("/suite/tests/scenarios/basics.py", 40, "run"), Frame(TARGET, 4, "run")]
    frames += [Frame("/usr/lib/python3.11/queue.py", 7, "get")]
    call = {"error": "TypeError", "text": "run() takes 1 positional argument but 2 were given"}
    assert said(call, frames, TARGET).splitlines() == [
        "run(1000, 2) raised TypeError: run() takes 1 positional argument but 2 were given",
        "  mine.py, line 4, in run",
        "The suite calls run(n, workers), with two positional arguments.",
    ]


def test_a_reference_transport_passes() -> None:
    """It is asked in a trial."""
    assert not smoke("transports.pipe")
