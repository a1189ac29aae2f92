"""Limits of time, and how they are stretched for a transport that is slow to start."""

import contextlib
import math
import os
from collections.abc import Iterator, Mapping
from typing import Any

from tests.system.deadline import MOST

SECOND = 1.0  # an error is raised within this of its fault, as the clauses demand

# End a trial as HANG once its processes have hardly used CPU for this long, in seconds. The tests
# of the suite set a shorter time than the two below: a planted defect that hangs does so in clause
# after clause.
QUIET = float(os.environ.get("IPC_CONFORMANCE_QUIET") or math.inf)

# By default it is this long, and no shorter than so many runs of the transport usually take. Most
# hangs are proven before: tests.system.blocked.
_QUIET, _QUIET_RUNS = 30.0, 25

# The same for a transport that has hung in an earlier trial of this process: it is likely to hang
# again, and its user waits for the verdict.
_QUIET_AGAIN, _QUIET_AGAIN_RUNS = 2.0, 10

# The same for a trial whose threads wake by time alone, and go back to where they were; and for one
# of a transport that has hung before.
_CIRCLING = 10.0
_CIRCLING_AGAIN = 2.0

# A run of four workers that takes longer than this stretches all limits. A fork takes about a
# thousandth of a second, the start of an interpreter about a tenth.
_USUAL_SECONDS = 0.05


def in_time(call: Mapping[str, Any], seconds: float, most: float = SECOND) -> bool:
    """Tell whether *seconds* are at most *most*, or what that is stretched to.

    call: the outcome of a call of `run`; its field "slowed" says by how much slower than alone the
        caller went on after it.
    """
    slower: float = call.get("slowed", 1.0)
    return seconds <= most * min(MOST, slower)


_usual: dict[str, float] = {}  # seconds
_hung: set[str] = set()
_quiet_here: list[float] = []


def set_pace(target: str, seconds: float) -> None:
    """Keep how slow the transport *target* is: a short run of it took *seconds*."""
    _usual[target] = seconds


def pace(target: str) -> float:
    """Return the factor, 1 or more, by which the limits of *target* are stretched."""
    return min(MOST, max(1.0, _usual.get(target, 0.0) / _USUAL_SECONDS))


def set_hung(target: str) -> None:
    """Keep that a trial of *target* has hung: later ones are cut short."""
    _hung.add(target)


def quiet(target: str) -> float:
    """Return after how many seconds with hardly any use of CPU a trial of *target* is a hang."""
    if _quiet_here:
        return _quiet_here[-1] * pace(target)
    least, runs = (_QUIET_AGAIN, _QUIET_AGAIN_RUNS) if target in _hung else (_QUIET, _QUIET_RUNS)
    return min(QUIET, max(least, runs * _usual.get(target, 0.0)))


def circling(target: str) -> float:
    """Return after how many seconds a trial whose threads go in a circle is a hang."""
    if _quiet_here:
        return max(_quiet_here[-1], _CIRCLING_AGAIN)
    return min(QUIET, _CIRCLING_AGAIN if target in _hung else _CIRCLING)


@contextlib.contextmanager
def quiet_after(seconds: float) -> Iterator[None]:
    """In this block, take a trial for a hang after *seconds* with hardly any use of CPU.

    seconds: of a transport of the usual speed; infinite for a trial whose workers sleep on purpose.
    """
    _quiet_here.append(seconds)
    try:
        yield
    finally:
        _quiet_here.pop()
