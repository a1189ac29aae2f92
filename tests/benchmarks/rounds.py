"""Measurements in rounds: each contender once a round, each round in a new random order.

Contenders that run one after another are measured at different times: if the machine becomes slower
meanwhile, that changes their rank.  In rounds it changes all alike (randomized multiple interleaved
trials: Abedi and Brecht, Conducting repeatable experiments in highly variable cloud computing
environments, ICPE 2017).

Some changes last for seconds and do not change all alike: on a virtual machine, where the host puts
two processors decides how long a message takes from one to the other, and from C that is most of
its time.  So the rounds of a table are not all measured at one time, but in several visits, with
the other tables between them.
"""

import gc
import os
import random
import signal
import time
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter

import pytest


@dataclass(frozen=True)
class Sample:
    """What one measurement has shown.

    seconds: of what the table is about: a run, or one message.
    times: of each single message in nanoseconds, where they are known.
    parts: figures of the parts that a measurement has, by their names: what they are says who
        measures.
    """

    seconds: float
    times: Sequence[int] = ()
    parts: Mapping[str, Sequence[int]] = field(default_factory=dict)


def middle(samples: Sequence[Sample]) -> Sample:
    """Return the middle one of *samples* by its seconds; of an even number, the upper one."""
    return sorted(samples, key=attrgetter("seconds"))[len(samples) // 2]


Measure = Callable[[int], Sample]
"""Measures in the round of that number: what is chosen in turn is the same for all of a round."""

Prepare = Callable[[], AbstractContextManager[Measure]]
"""Sets up what is to be there before the rounds of a visit, and takes it down."""


@dataclass(frozen=True)
class Budget:
    """How many rounds: as many as fit in *seconds*, but at least *least* and at most *most*.

    least: even, so that of two things in turn each has half of the rounds.
    floors: how many times a round the floor is measured for the ratios.
    """

    seconds: float
    least: int = 6
    most: int = 31
    floors: int = 3


LIMIT = 600  # seconds of a measurement, which takes two at most on a quiet machine

_KEPT = 31 << 20  # bytes, just below DEFAULT_MMAP_THRESHOLD_MAX of the GNU C library

LONG = Budget(9.0)  # of a table that is always printed
SHORT = Budget(5.0)
SLOW = Budget(9.0, floors=1)  # of runs whose time is spent on terms, and varies less


@dataclass
class Series:
    """The measurements of one contender by round, up to the error that ended them."""

    samples: list[Sample] = field(default_factory=list)
    error: BaseException | None = None


# Of pytest, the latter two are no Exception.
FAILURES = (Exception, pytest.fail.Exception, pytest.skip.Exception)


class Rounds:
    """The measurements of all *contenders* of a table, in visits.

    series: that of each by its key.  An error of a contender is in its series, and the others go on
        without it.
    needed: those without which the others are not measured, if they are skipped.
    """

    def __init__(
        self,
        contenders: Mapping[str, Prepare],
        budget: Budget,
        dice: random.Random,
        needed: Collection[str] = (),
    ) -> None:
        self._contenders, self._budget, self._dice = contenders, budget, dice
        self._needed = needed
        self._spent = 0.0
        self._rounds = -1  # the first one is to warm up, and is not kept
        self.series = {key: Series() for key in contenders}

    def visit(self, part: float = 1.0) -> None:
        """Measure on until that part of the budget is used."""
        if not self._wants_more(part):
            return
        ready: dict[str, Measure] = {}
        with _undisturbed(), ExitStack() as stack:
            for key, prepare in self._contenders.items():
                if self.series[key].error is None:
                    try:
                        ready[key] = _entered(stack, prepare, self.series[key])
                    except FAILURES as error:
                        self.series[key].error = error
            while ready and self._wants_more(part):
                begun = time.monotonic()
                _round(ready, self.series, self._dice, self._rounds)
                self._rounds += 1
                self._spent += time.monotonic() - begun

    def _wants_more(self, part: float) -> bool:
        if any(isinstance(self.series[key].error, pytest.skip.Exception) for key in self._needed):
            return False
        budget = self._budget
        few = self._rounds < budget.least * part
        return few or (self._rounds < budget.most * part and self._spent < budget.seconds * part)


def _entered(stack: ExitStack, prepare: Prepare, series: Series) -> Measure:
    """Enter what *prepare* gives; note an error at its end in *series* instead of raising it."""
    inner = ExitStack()
    measure = inner.enter_context(prepare())

    def leave() -> None:
        try:
            inner.close()
        except FAILURES as error:
            series.error = series.error or error

    stack.callback(leave)
    return measure


def _round(
    ready: dict[str, Measure], series: Mapping[str, Series], dice: random.Random, number: int
) -> None:
    """Measure all that are *ready* once; take away those that fail."""
    order = list(ready)
    dice.shuffle(order)
    caller = os.getpid()
    for key in order:
        try:
            with _limited():
                sample = ready[key](number)
        except FAILURES as error:
            series[key].error = error
            del ready[key]
        else:
            if number >= 0:
                series[key].samples.append(sample)
        finally:
            if os.getpid() != caller:
                os._exit(1)  # a worker came back: no second pytest


@contextmanager
def _limited() -> Iterator[None]:
    """Raise in the block if it takes too long: it is no part of a test, whose time is limited."""

    def late(number: int, frame: object) -> None:
        pytest.fail(f"a measurement did not end within {LIMIT} s")

    handler = signal.signal(signal.SIGALRM, late)
    timer = signal.setitimer(signal.ITIMER_REAL, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, handler)


@cache  # once: the next such block would lie in memory that stays, and make forks slower
def _keep_freed() -> None:
    """Let malloc(3) keep what is freed.

    By default the GNU C library gives memory that is free back to the system, and takes it again
    page by page: a message of 64 KiB takes up to five times as long then.  When it does so depends
    on the largest block that was freed before: mallopt(3), M_TRIM_THRESHOLD, M_MMAP_THRESHOLD.
    """
    bytes(_KEPT)  # made and freed at once


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Leave existing objects to no collector, and ignore warnings of forks beside threads.

    From Python 3.12 on os.fork() warns in a process with threads, which some peers start.  What is
    forked beside them, the floor, takes no lock.
    """
    _keep_freed()
    gc.collect()
    gc.freeze()
    try:
        with warnings.catch_warnings():
            message = ".*multi-threaded.*"
            warnings.filterwarnings("ignore", message=message, category=DeprecationWarning)
            yield
    finally:
        gc.unfreeze()
