"""Which of the parked goes on: the policies, each of which gives one order of a run."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from tests.gate.keeper import Decision
from tests.gate.tasks import Task


@dataclass(frozen=True)
class Place:
    """A call of a run: call number *count*, from 0, of the thread *task*."""

    task: str
    count: int

    def is_at(self, task: Task) -> bool:
        """Tell whether *task* is parked there."""
        return task.name == self.task and task.calls == self.count


class Stall:
    """Lets one thread go on until it is blocked, then the next; holds one call back.

    The call that is held goes on when nobody else can: preemption bounding, with the bound 1
    (Musuvathi and others, OSDI 2008).

    held: that call, or None.
    youngest: whether of several the youngest goes on, and not the eldest.
    """

    def __init__(self, held: Place | None, *, youngest: bool) -> None:
        self._held = held
        self._youngest = youngest
        self._last = ""

    def choose(self, ready: Sequence[Task]) -> Decision:
        """Choose the one that went on last, if it can."""
        free = [t for t in ready if self._held is None or not self._held.is_at(t)] or ready
        goes = next((t for t in free if t.name == self._last), free[-1 if self._youngest else 0])
        self._last = goes.name
        return Decision(goes)


class Walk:
    """Chooses at random, by a seed."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)

    def choose(self, ready: Sequence[Task]) -> Decision:
        """Choose any."""
        return Decision(self._draw.choice(ready))


class Priorities:
    """Lets the thread of the highest priority go on, and lowers it at some steps drawn by a seed.

    Probabilistic concurrency testing (Burckhardt and others, ASPLOS 2010): it finds a bug that needs
    *depth* orderings with a probability of at least 1 / (threads * steps ** (depth - 1)).

    steps: how many a run has, about.
    """

    def __init__(self, seed: int, steps: int, depth: int = 3) -> None:
        self._draw = random.Random(seed)
        self._changes = {self._draw.randrange(steps) for _ in range(depth - 1)}
        self._priority: dict[str, float] = {}
        self._step = self._lowest = 0

    def choose(self, ready: Sequence[Task]) -> Decision:
        """Choose the thread of the highest priority; each has one from its birth on."""
        for task in ready:
            self._priority.setdefault(task.name, 1 + self._draw.random())
        goes = max(ready, key=lambda task: self._priority[task.name])
        if self._step in self._changes:
            self._lowest -= 1
            self._priority[goes.name] = self._lowest
            goes = max(ready, key=lambda task: self._priority[task.name])
        self._step += 1
        return Decision(goes)
