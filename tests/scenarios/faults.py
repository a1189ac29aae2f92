"""Scenarios in which a fault is injected into workers of a run, or into the caller's forks."""

import errno
import gc
import itertools
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from types import FrameType, ModuleType
from typing import Any

from tests.scenarios import from_inside, profiles
from tests.scenarios.injection import (
    Births,
    catch,
    end,
    hear,
    kill_after,
    signal_every_millisecond,
    tickets,
)
from tests.scenarios.protocol import Log, inject
from tests.scenarios.watching import INSIDE, Watcher, watcher
from tests.system import resources

_TERMS = 1000  # of a short run, in which each worker still has some
_LONGER_TERMS = 20_000  # of a run that takes some milliseconds
_LATEST_KILL = 3e-3  # seconds from the birth of a worker: its whole life in such a run
_RESTS = 4.0  # seconds: a run that waits for such a worker is late
_EARLIEST_KILL = 1e-6  # seconds, the unit of setitimer(2)

# Seconds of CPU after which a worker is amid its work, and not at its start any more: on most
# systems the unit of /proc/PID/stat.
_AMID = 0.01

_MOST_POINTS = 200  # of a stage, of all children

_UNMET = f"no process beside the caller has computed for {_AMID} s: none was met amid its work"
_ELSEWHERE = "its workers are not forked from the caller: their calls into C are not met"
_DEAF = (
    f"its workers reset or block {INSIDE.name}, the signal at which the suite lets one of them"
    " raise or exit amid its work"
)


def killed(
    module: ModuleType,
    log: Log,
    how: Sequence[str | int],
    when: str,
    n: int,
    workers: int,
    several: int = 0,
    again: bool = False,
) -> None:
    """End children of a run too early: each in turn, once in each way in *how*, or some at once.

    how: "exit", "raise" or a signal number.
    when: "birth", before the child has done anything; or "work", amid its computation.
        At "work" the child that computes first is ended: one that does not compute is no worker.
    several: that many children at once (-1: all).
    again: whether to run once more after each, without a fault.  That run would overwrite or
        remove what an error has left, so it is an option.
    """
    with watcher(log) as watching:
        births = Births(log)
        total, idle = _first_run(module, births, workers, watching)
        log("births", count=total)
        before = resources.of_this_process()
        if several:
            size = several if several > 0 else (total if when == "birth" else workers)
            groups = [list(range(total - size + 1, total + 1))]
        elif when == "birth":
            groups = [[number] for number in range(1, total + 1)]
        else:
            groups = [[1]] * workers
        kept = _Kept()
        for way, victims in itertools.product(how, groups):
            run = partial(log.call, module.run, n, workers, way=way, victims=victims)
            if when == "birth":
                births.arm(inject(end, way, victims))
                run()
            elif not _ended_amid_work(log, births, watching, run, way, len(victims), idle):
                break
            births.disarm()
            if again:
                log.call(module.run, _TERMS, workers, again=True)
            kept.count()
        births.disarm()
    gc.collect()
    log("inside", new=resources.added_since(before))
    log("kept", blocks=kept.least, runs=kept.runs)


class _Kept:
    """Counts the blocks of Python objects that each of many runs has added.

    What each run leaves adds up in all of them, and what fills a cache in some.  It has no list of
    numbers, which would be blocks too.

    least: the fewest that a run has added.
    """

    def __init__(self) -> None:
        self.runs, self.least, self._had = -1, 0, 0

    def count(self) -> None:
        """Count those of the run that has ended; the first one is where counting begins."""
        gc.collect()
        now = resources.blocks()
        self.runs += 1
        if self.runs:
            more = now - self._had
            self.least = more if self.runs == 1 else min(self.least, more)
        self._had = now


def first_killed(module: ModuleType, log: Log, workers: int) -> None:
    """Kill the first children of the first run of this process at their birth; run once more.

    So it is seen what a module makes only once.  One of as many children as there are workers is no
    helper.  The death of all is for clause C10.
    """
    births = Births(log)
    births.arm(inject(end, int(signal.SIGKILL), [*range(1, workers + 1)]))
    log.call(module.run, _TERMS, workers, case="the first run of a process")
    births.disarm()
    log.call(module.run, _TERMS, workers, again=True, case="after the first run")


def _first_run(
    module: ModuleType, births: Births, workers: int, watching: Watcher | None
) -> tuple[int, float]:
    """Run once; return the number of children, and the longest CPU time of one that does nothing.

    A fresh interpreter uses a tenth of a second before it comes to its work.
    """
    if watching is None:
        module.run(2, workers)
        return births.count, 0.0
    watching.count()
    module.run(2, workers)
    return births.count, watching.report().longest


def _ended_amid_work(
    log: Log,
    births: Births,
    watching: Watcher | None,
    run: Callable[[], object],
    way: str | int,
    count: int,
    idle: float,
) -> bool:
    """Run, and end the first *count* workers that are amid their work; tell whether one was met.

    A signal is not sent to a worker that blocks, ignores or handles it: it would not die of it.

    idle: seconds of CPU that each may need before it comes to its work.
    """
    if watching is None:
        with tickets(count) as take:
            births.arm_forked(lambda number: from_inside.end_amid_work(log, way, take))
            run()
        return True
    if isinstance(way, str):
        births.arm(inject(hear, way))
    else:
        births.disarm()
    watching.strike(way, count, _AMID + 2 * idle)
    run()
    seen = watching.report()
    if seen.struck or (seen.deaf and isinstance(way, int)):
        return True
    log("missed", why=_DEAF if seen.deaf else _UNMET)
    return False


def killed_at_c_calls(
    module: ModuleType, log: Log, stage: str, workers: int, seconds: float
) -> None:
    """Kill each child at each of the points of *stage*: one run for each point.

    Of more than _MOST_POINTS points, so many are taken, evenly spread.

    stage: "before" its first send, "inside" a send, "locked", "after" its last send, "exit".
    seconds: after which no other point is tried.
    """
    births, profile = Births(log), profiles.Profile()
    module.run(workers, workers)
    total = births.count
    before = resources.of_this_process()
    if not births.forked:
        # A fresh interpreter makes thousands of calls into C before it does anything.
        log("unmet", why=_ELSEWHERE)
        return

    def watch(child: int, *point: Any) -> None:
        births.arm_forked(lambda number: profile.watch(*point) if number == child else None)

    found: list[profiles.Point] = []
    for child in range(1, total + 1):
        watch(child)
        module.run(workers, workers)
        found += profiles.points_of(stage, child, profile.points())
    until, tried = time.monotonic() + seconds, 0
    points = profiles.evenly(found, _MOST_POINTS)
    for child, point, delay, where in points:
        if time.monotonic() > until:
            break
        watch(child, point, delay)
        log.call(module.run, workers, workers, where=where, delay=delay)
        if not profile.reached():
            log("unreached", where=where)
        tried += 1
    log("points", tried=tried, chosen=len(points), all=len(found))
    births.disarm()
    gc.collect()
    log("inside", new=resources.added_since(before))


def queued(module: ModuleType, log: Log, workers: int) -> None:
    """Kill the first child that comes to a lock, or to a send, while all others wait behind it.

    It dies at each point at which it has the lock or, if there is no lock, is about to send.
    Before that it pauses, and the others come as far as they can.
    """
    births, profile = Births(log), profiles.Profile()
    module.run(workers, workers)
    last = births.count  # a worker; the first may be a helper
    if not births.forked:
        log("unmet", why=_ELSEWHERE)
        return

    def record(number: int) -> None:
        if number == last:
            profile.watch()

    births.arm_forked(record)
    module.run(workers, workers)
    points = profile.points()
    stage = "locked" if profiles.chosen("locked", points) else "inside"
    for point in sorted({point for point, _ in profiles.chosen(stage, points)}):
        with tickets(1) as first:
            called = points[point - 1][1] if point <= len(points) else ""

            def kill(
                number: int,
                point: int = point,
                first: Callable[[], bool] = first,
                called: str = called,
            ) -> None:
                profile.watch(point, first=first, called=called)

            births.arm_forked(kill)
            where = f"{stage}, point #{point}"
            log.call(module.run, workers, workers, where=where)
            if not profile.reached():
                log("unreached", where=where)
            births.disarm()


def unforked(module: ModuleType, log: Log, workers: int) -> None:
    """Let os.fork fail for want of processes, at each fork of a run in turn.

    Those workers that there are by then rest, for longer than the run may take to end them; the
    first children may be helpers.  At last a run has all of its forks.

    The audit event "os.fork" comes before the system call, and os.fork raises what a hook raises
    (PEP 578).
    """
    births = Births(log)
    module.run(2, workers)
    total = births.forked
    before = resources.of_this_process()
    left = -1  # forks that still succeed; negative: all do

    def hook(event: str, args: tuple[Any, ...]) -> None:
        nonlocal left
        if event == "os.fork" and left >= 0:
            left -= 1
            if left < 0:
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    sys.addaudithook(hook)
    for fork in range(total):
        births.arm_forked(lambda number: time.sleep(_RESTS if number > total - workers else 0))
        left = fork
        log.call(module.run, _TERMS, workers, where=f"fork #{fork + 1}")
        left = -1
    births.disarm()
    log.call(module.run, _TERMS, workers, again=True)
    gc.collect()
    log("inside", new=resources.added_since(before))


def random_kills(module: ModuleType, log: Log, seed: int, times: int, workers: int) -> None:
    """Kill a child at a random time of its life, *times* times."""
    import random  # noqa: PLC0415 - its hook makes each fork dearer

    random.seed(seed)
    births = Births(log)
    module.run(2, workers)
    total = births.count
    for _ in range(times):
        victim = random.randint(1, max(1, total))
        delay = random.uniform(_EARLIEST_KILL, _LATEST_KILL)
        births.arm(inject(kill_after, victim, delay))
        log.call(module.run, _LONGER_TERMS, workers, victim=victim, delay=delay)


def interrupted(module: ModuleType, log: Log, n: int, workers: int, times: int) -> None:
    """Run while the caller and each worker get a signal every millisecond.

    The caller has a timer of its own.  A worker gets INSIDE, from the watcher.
    """
    caught = 0

    def handler(signum: int, frame: FrameType | None) -> None:
        nonlocal caught
        caught += 1

    with watcher(log) as watching:
        births = Births(log)
        signal_every_millisecond(handler)
        if watching is not None:
            signal.signal(INSIDE, handler)  # forked workers inherit it
            watching.disturb()
        for _ in range(times):
            if watching is None:
                births.arm_forked(lambda number: from_inside.signal_often())
            else:
                births.arm(inject(catch))
            log.call(module.run, n, workers)
        signal.setitimer(signal.ITIMER_REAL, 0)
    log("caught", count=caught)
