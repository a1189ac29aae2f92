"""Measurements in rounds: each contender once a round, each round in a new random order.

Contenders that run one after another are measured at different times: if the machine becomes slower
meanwhile, that changes their rank.  In rounds it changes all alike (randomized multiple interleaved
trials: Abedi and Brecht, Conducting repeatable experiments in highly variable cloud computing
environments, ICPE 2017).
"""

import gc
import os
import random
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field

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


Measure = Callable[[], Sample]
Prepare = Callable[[], AbstractContextManager[Measure]]
"""Sets up what is to be there before a measurement, for all rounds, and takes it down."""


@dataclass(frozen=True)
class Budget:
    """How many rounds: as many as fit in *seconds*, but at least *least* and at most *most*."""

    seconds: float
    least: int = 5
    most: int = 31


LONG = Budget(9.0)  # of a table that is always printed
SHORT = Budget(4.0)


@dataclass
class Series:
    """The measurements of one contender by round, up to the error that ended them."""

    samples: list[Sample] = field(default_factory=list)
    error: BaseException | None = None


# Of pytest, the latter two are no Exception.
FAILURES = (Exception, pytest.fail.Exception, pytest.skip.Exception)


def measured(
    contenders: Mapping[str, Prepare], budget: Budget, dice: random.Random
) -> dict[str, Series]:
    """Measure all *contenders* in rounds; return the series of each by its key.

    The first round is to warm up, and is not kept.  An error of a contender is in its series, and
    the others go on without it.
    """
    series = {key: Series() for key in contenders}
    ready: dict[str, Measure] = {}
    with _undisturbed(), ExitStack() as stack:
        for key, prepare in contenders.items():
            try:
                ready[key] = _entered(stack, prepare, series[key])
            except FAILURES as error:
                series[key].error = error
        begun = time.monotonic()
        number = 0
        while ready and number <= budget.most:
            _round(ready, series, dice, kept=number > 0)
            number += 1
            if number > budget.least and time.monotonic() - begun > budget.seconds:
                break
    return series


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
    ready: dict[str, Measure], series: Mapping[str, Series], dice: random.Random, kept: bool
) -> None:
    """Measure all that are *ready* once; take away those that fail."""
    order = list(ready)
    dice.shuffle(order)
    caller = os.getpid()
    for key in order:
        try:
            sample = ready[key]()
        except FAILURES as error:
            series[key].error = error
            del ready[key]
        else:
            if kept:
                series[key].samples.append(sample)
        finally:
            if os.getpid() != caller:
                os._exit(1)  # a worker came back: no second pytest


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Leave existing objects to no collector, and ignore warnings of forks beside threads.

    From Python 3.12 on os.fork() warns in a process with threads, which some peers start.  What is
    forked beside them, the floor, takes no lock.
    """
    gc.collect()
    gc.freeze()
    try:
        with warnings.catch_warnings():
            message = ".*multi-threaded.*"
            warnings.filterwarnings("ignore", message=message, category=DeprecationWarning)
            yield
    finally:
        gc.unfreeze()
