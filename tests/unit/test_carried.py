"""What is said of a run whose worker has raised: `tests.harness.carried`; and the shapes."""

import os
import traceback
from typing import Any

import pytest

from tests.harness import carried
from tests.harness.outcome import Message, Outcome
from tests.scenarios import shapes
from tests.scenarios.protocol import Log

PID = 4711
WAY = "ValueError, umlauts"
GOOD = f"worker 0 (pid {PID}): ValueError: {shapes.MARK} Größe"


def _seen(way: str = WAY, *others: Message, **call: object) -> Outcome:
    """Return a trial in which worker PID has raised the shape *way*, and `run` ended by *call*."""
    usual = {"error": "RuntimeError", "exception": True, "text": GOOD, "seconds": 0.1, "at": 1.1}
    messages: list[Message] = [
        {"kind": "called", "n": "9", "workers": "2", "way": way, "at": 1.0},
        {"kind": "injected", "pid": PID, "way": way, "at": 1.0},
        *others,
        {"kind": "outcome", "n": "9", "workers": "2", "way": way} | usual | call,
    ]
    return Outcome(messages=messages)


def test_an_error_with_pid_and_text_is_right() -> None:
    """In one of the spellings of the text."""
    assert not carried.faults(_seen())
    assert not carried.faults(_seen(text=GOOD.replace("Größe", "Gr\\xf6\\xdfe")))


@pytest.mark.parametrize(
    ("call", "due"),
    [
        ({"text": GOOD.replace(str(PID), "4")}, f"the pid of the worker, {PID}, is not in"),
        ({"text": GOOD.replace("Größe", "Gr??e")}, r"'Gr\xf6\xdfe' is not in"),
        ({"exception": False, "error": "SystemExit"}, "raised SystemExit, no Exception"),
        ({"at": 5.0}, "4.00 s from the exception"),
    ],
)
def test_what_is_wrong_is_said_with_the_shape(call: dict[str, Any], due: str) -> None:
    """A line for the shape."""
    (line,) = carried.faults(_seen(**call))
    assert line.startswith(f"{WAY}: ")
    assert due in line


def test_what_is_printed_and_what_strays_is_wrong() -> None:
    """One line for the shape, with both."""
    seen = _seen(WAY, {"kind": "strayed", "pid": PID})
    seen.messages.append({"kind": "wrote", "way": WAY, "size": 12})
    assert carried.faults(seen) == [
        f"{WAY}: the exception came out of run in the worker, and 12 bytes were printed"
    ]


def test_a_loop_may_take_stop_iteration_for_its_end() -> None:
    """Then the worker has not raised: its sum is of fewer terms."""
    seen = _seen("StopIteration, a text")
    seen.messages[-1] = {
        "kind": "outcome", "n": "9", "workers": "2", "way": "StopIteration, a text",
        "type": "float", "value": 1.0, "seconds": 0.1, "at": 1.1,
    }  # fmt: skip
    assert not carried.faults(seen)


@pytest.mark.parametrize("name", list(shapes.EVERY))
def test_each_shape_raises(name: str) -> None:
    """It has the pieces that are asked of it, in its own text or in what Python shows of it."""
    shape = shapes.EVERY[name]
    with pytest.raises(BaseException) as raised:  # noqa: PT011 - any
        shape.throw()
    if shape.pieces:
        text = "".join(traceback.format_exception_only(raised.value))
        assert all(any(spelling in text for spelling in piece) for piece in shape.pieces)


def test_the_default_run_has_each_base_and_each_text() -> None:
    """And no name that is of no shape."""
    assert set(shapes.SOME) <= set(shapes.EVERY)
    for part in (0, -1):
        every = {name.split(", ")[part] for name in shapes.EVERY if ", " in name}
        assert every == {name.split(", ")[part] for name in shapes.SOME if ", " in name}


def test_an_error_without_a_text_is_an_outcome() -> None:
    """Its class may be the user's."""

    class Mute(Exception):  # noqa: N818
        def __str__(self) -> str:
            raise SystemExit(3)

    def run(n: int, workers: int) -> float:
        raise Mute

    reader, writer = os.pipe()
    outcome = Log(writer).call(run, 1, 1)
    os.close(reader)
    os.close(writer)
    assert outcome["text"] == "<its text cannot be had: SystemExit>"
