"""Which of the parked goes on: the policies, each of which gives one order of a run."""

import errno
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.gate.keeper import Decision, Policy
from tests.gate.tasks import Place, Task

if TYPE_CHECKING:
    from random import Random

# Calls of one thread, after which another one goes on: a thread may look again and again whether
# another one has done something.
_PATIENCE = 2000


@dataclass(frozen=True)
class Order:
    """One order of a run: each thread goes on until it is blocked, then the next; one is held.

    youngest: whether of several the youngest goes on, and not the eldest.
    held: the call that is held until nobody else can go on, or None: preemption bounding, with the
        bound 1 (Musuvathi and others, OSDI 2008).
    until: a call after which it is held no longer.
    struck: the call to which something is done, or None.
    signal, fail: what is done to it, as in `Decision`; fail is the name of an errno.
    times: how many calls of that name, by the same thread, fail from there on; 0 for all.
    other: the name of a process that gets the signal too, or "".
    bytecodes: whether places count bytecodes of the children too: see tests.gate.bytecodes.
    seed: of an order by priorities, which all but steps has no part in, or None.
    steps: how many calls a run has, about.
    """

    youngest: bool = False
    held: Place | None = None
    until: Place | None = None
    struck: Place | None = None
    signal: str = ""
    fail: str = ""
    times: int = 1
    other: str = ""
    bytecodes: bool = False
    seed: int | None = None
    steps: int = 0

    @staticmethod
    def parse(text: str) -> "Order":
        """Return the order of which `str` has made *text*; raise ValueError."""
        base, *parts = text.split()
        if base not in ("eldest", "youngest"):
            raise ValueError(f"an order begins with eldest or youngest: {text!r}")
        found: dict[str, Any] = {}
        for part in parts:
            name, _, at = part.partition("=")
            if name == "other":
                found["other"] = at
                continue
            if name in ("seed", "steps"):
                found[name] = int(at)
                continue
            if name == "bytecodes":
                found[name] = True
                continue
            place = Place.parse(at)
            if name in ("held", "until"):
                found[name] = place
            else:
                what, _, times = name.partition("*")
                kind = "signal" if what.startswith("SIG") else "fail"
                found |= {"struck": place, kind: what, "times": int(times or 1)}
        return Order(base == "youngest", **found)

    def __str__(self) -> str:
        text = "youngest" if self.youngest else "eldest"
        text += " bytecodes" if self.bytecodes else ""
        text += f" seed={self.seed} steps={self.steps}" if self.seed is not None else ""
        text += f" held={self.held}" if self.held else ""
        text += f" until={self.until}" if self.until else ""
        if self.struck:
            text += f" {self.signal or self.fail}*{self.times}={self.struck}"
        return text + (f" other={self.other}" if self.other else "")


class Follow:
    """Lets threads go on as an order says."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._held = order.held
        self._last = ""
        self._turns = 0  # calls of that one, since another one went on
        self._failing = ""  # the call that fails from the struck one on
        self._failed = 0

    def choose(self, ready: Sequence[Task]) -> Decision:
        """Choose the one that went on last, if it can, and has not gone on for very long."""
        order = self._order
        free = [t for t in ready if self._held is None or not self._held.is_at(t)] or ready
        if self._turns % _PATIENCE == _PATIENCE - 1:
            free = [t for t in free if t.name != self._last] or free
        goes = next((t for t in free if t.name == self._last), free[-1 if order.youngest else 0])
        self._turns = self._turns + 1 if goes.name == self._last else 0
        self._last = goes.name
        if order.until is not None and order.until.is_at(goes):
            self._held = None
        if order.struck is None or goes.name != order.struck.task:
            return Decision(goes)
        if order.struck.is_at(goes):
            self._failing = goes.call
        if goes.call != self._failing or 0 < order.times <= self._failed:
            return Decision(goes)
        self._failed += 1
        fail = getattr(errno, order.fail) if order.fail else 0
        number = signal.Signals[order.signal] if order.signal else 0
        return Decision(goes, fail, number, (order.other,) if order.other else ())


def _drawn(seed: int) -> "Random":
    from random import Random  # noqa: PLC0415 - its hook makes each fork dearer

    return Random(seed)


class Walk:
    """Chooses at random, by a seed."""

    def __init__(self, seed: int) -> None:
        self._draw = _drawn(seed)

    def choose(self, ready: Sequence[Task]) -> Decision:
        """Choose any."""
        return Decision(self._draw.choice(ready))


class Priorities:
    """Lets the thread of the highest priority go on, and lowers it at some steps drawn by a seed.

    Probabilistic concurrency testing (Burckhardt and others, ASPLOS 2010): it finds a bug that
    needs *depth* orderings with a probability of at least 1 / (threads * steps ** (depth - 1)).

    steps: how many a run has, about.
    """

    def __init__(self, seed: int, steps: int, depth: int = 3) -> None:
        self._draw = _drawn(seed)
        self._changes = {self._draw.randrange(steps) for _ in range(depth - 1)}
        self._priority: dict[str, float] = {}
        self._step = self._lowest = 0
        self._last = ""
        self._turns = 0  # calls of that one, since another one went on

    def choose(self, ready: Sequence[Task]) -> Decision:
        """Choose the thread of the highest priority; each has one from its birth on."""
        for task in ready:
            self._priority.setdefault(task.name, 1 + self._draw.random())
        goes = max(ready, key=lambda task: self._priority[task.name])
        if self._step in self._changes or self._turns >= _PATIENCE:
            self._lowest -= 1
            self._priority[goes.name] = self._lowest
            goes = max(ready, key=lambda task: self._priority[task.name])
        self._step += 1
        self._turns = self._turns + 1 if goes.name == self._last else 0
        self._last = goes.name
        return Decision(goes)


def policy_of(order: Order) -> Policy:
    """Return what lets threads go on in that order."""
    return Follow(order) if order.seed is None else Priorities(order.seed, order.steps)
