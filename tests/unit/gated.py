"""How tests of the gate call a function behind it."""

from collections.abc import Callable
from functools import partial

from tests.gate.keeper import Record, once, watched
from tests.gate.policies import Follow, Order


def run(act: Callable[[], object], order: Order | None = None) -> Record:
    """Call *act* behind the gate; what it returns is told as text."""
    return once(partial(tell, act), Follow(order or Order()), limit=20.0)


def tell(act: Callable[[], object]) -> bytes:
    """Return what *act* returns as text; its calls are watched."""
    with watched():
        return str(act()).encode()
