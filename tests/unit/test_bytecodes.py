"""Bytecodes as stops of the gate."""

import mmap
import os
from collections.abc import Callable
from functools import partial

import pytest

from tests.gate import sweeps
from tests.gate.bytecodes import BYTECODE, trace_children
from tests.gate.keeper import watched
from tests.gate.policies import Order
from tests.gate.tasks import Place
from tests.unit import bytecode_cases

pytestmark = pytest.mark.usefixtures("gate")

_HERE = os.path.dirname(__file__)


def _behind(add: Callable[[mmap.mmap], None]) -> bytes:
    """Let two children call *add*; return what is in the memory then."""
    trace_children(_HERE)
    with mmap.mmap(-1, 8) as memory, watched():
        children = []
        for _ in range(2):
            if (pid := os.fork()) == 0:
                try:
                    add(memory)
                finally:
                    os._exit(0)
            children.append(pid)
        for pid in children:
            os.waitpid(pid, 0)
        return str(memory[0]).encode()


@pytest.mark.parametrize("name", bytecode_cases.NAMES)
def test_an_update_of_shared_memory_is_lost_where_one_stops_amid_it(name: str) -> None:
    """By subscript, by slice, by a call, by an attribute of ctypes: both see what was there."""
    act = partial(_behind, getattr(bytecode_cases, name))
    bases = sweeps.bases(act)
    assert {run.told for run in bases.values()} == {b"2"}
    told = {sweeps.follow(act, order).told for order in sweeps.bytecodes(bases)}
    assert told == {b"1", b"2"}


def test_only_lines_of_the_directory_stop_and_only_in_children() -> None:
    """The lines are told by name and number, with the bytecode."""
    run = sweeps.follow(partial(_behind, bytecode_cases.by_subscript), Order(), named=True)
    steps = [step for step in run.steps if step.call == BYTECODE]
    assert {step.process for step in steps} == {"1", "2"}
    shown = [step.thing.shown for step in steps if step.thing]
    assert all(text.startswith(("bytecode_cases.py:", "test_bytecodes.py:")) for text in shown)
    assert any(text.endswith("STORE_SUBSCR") for text in shown)


def test_an_order_of_bytecodes_can_be_written_down() -> None:
    """As one that is drawn from a seed."""
    for order in (Order(True, held=Place("1", 3), bytecodes=True), Order(seed=7, steps=120)):
        assert Order.parse(str(order)) == order
