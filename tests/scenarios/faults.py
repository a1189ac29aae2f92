"""Scenarios in which a fault is injected into workers of a run, or into the caller's forks."""

import errno
import gc
import os
import random
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from types import FrameType, ModuleType
from typing import Any

from tests.scenarios import spawned_workers
from tests.scenarios.injection import (
    CPU,
    CPU_FRESH,
    EXIT,
    LOCK,
    SEND,
    UNLOCK,
    Births,
    Profile,
    end,
    kill_after,
    signal_every_millisecond,
    signal_often,
    take_ticket,
    tickets,
)
from tests.scenarios.protocol import Log, inject
from tests.system import resources

_TERMS = 1000  # of a short run, in which each worker still has some
_LONGER_TERMS = 20_000  # of a run that takes some milliseconds
_LATEST_KILL = 3e-3  # seconds from the birth of a worker: its whole life in such a run
_EARLIEST_KILL = 1e-6  # seconds, the unit of setitimer(2)

# Seconds from a point of the profile to a kill, which comes amid the next system call or after it.
_DELAYS = (1e-6, 1e-5, 3e-5, 1e-4, 3e-4)
_AT_ONCE = -1.0  # a kill at the point itself


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
    births = Births(log)
    module.run(2, workers)
    total = births.count
    log("births", count=total)
    before = resources.of_this_process()
    if several:
        size = several if several > 0 else (total if when == "birth" else workers)
        groups = [list(range(total - size + 1, total + 1))]
    elif when == "birth":
        groups = [[number] for number in range(1, total + 1)]
    else:
        groups = [[1]] * workers
    cpu, cpu_fresh = (CPU, CPU_FRESH) if when == "work" else (None, None)

    for way in how:
        for victims in groups:
            with tickets(len(victims)) as fd:
                births.arm(
                    inject(end, fd, way, victims, cpu),
                    fresh=inject(end, spawned_workers.path_of(fd), way, victims, cpu_fresh),
                )
                log.call(module.run, n, workers, way=way, victims=victims)
                births.disarm()
            if again:
                log.call(module.run, _TERMS, workers, again=True)
    gc.collect()
    log("inside", new=resources.added_since(before))


def _chosen(stage: str, points: list[tuple[str, str]]) -> list[tuple[int, float]]:
    """Return the points, numbered from 1, and delays, at which to kill for *stage*."""
    sends = [i for i, (_, name) in enumerate(points, 1) if name in SEND]
    locks = [i for i, (e, name) in enumerate(points, 1) if e == "r" and name in LOCK]
    unlocks = [i for i, (e, name) in enumerate(points, 1) if e == "c" and name in UNLOCK]
    exits = [i for i, (_, name) in enumerate(points, 1) if name in EXIT]
    last = exits[0] if exits else len(points) + 1
    first = sends[0] if sends else (locks[0] if locks else last)
    if stage == "before":
        return [(i, _AT_ONCE) for i in range(1, first)]
    if stage == "inside":
        entries = [i for i in sends if points[i - 1][0] == "c"] or unlocks or [last]
        return [(i, _AT_ONCE) for i in entries] + [(i, d) for i in entries for d in _DELAYS]
    if stage == "locked":
        held = range(locks[0], max(unlocks) + 1) if locks and unlocks else ()
        return [(i, _AT_ONCE) for i in held]
    if stage == "after":
        done = (sends or unlocks or [last])[-1]
        # A worker that writes to shared memory calls no send: kill it when it is about to exit.
        return [(i, _AT_ONCE) for i in range(done, last)] or [(last, _AT_ONCE)]
    return [(i, _AT_ONCE) for i in exits] + [(i, d) for i in exits for d in _DELAYS]


def killed_at_c_calls(module: ModuleType, log: Log, stage: str, workers: int) -> None:
    """Kill each child at each of the points of *stage*: one run for each point.

    stage: "before" its first send, "inside" a send, "locked", "after" its last send, "exit".
    """
    births, profile = Births(log), Profile()
    module.run(workers, workers)
    total = births.count
    before = resources.of_this_process()

    def watch(child: int, *point: Any) -> Callable[[int], None]:
        return lambda number: profile.watch(*point) if number == child else None

    if total and not births.forked:
        # A fresh interpreter makes thousands of calls into C before it does anything.
        log("unmet", why="its workers are not forked from the caller: their calls are not met")
        return
    for child in range(1, total + 1):
        births.arm_forked(watch(child))
        module.run(workers, workers)
        points = profile.points()
        for point, delay in _chosen(stage, points):
            births.arm_forked(watch(child, point, delay))
            event, name = points[point - 1] if point <= len(points) else ("", "end")
            where = f"child {child}, {'before' if event == 'c' else 'after'} {name} (#{point})"
            log.call(module.run, workers, workers, where=where, delay=delay)
    births.disarm()
    gc.collect()
    log("inside", new=resources.added_since(before))


def queued(module: ModuleType, log: Log, workers: int) -> None:
    """Kill the first child that comes to a lock, or to a send, while all others wait behind it.

    It dies at each point at which it has the lock or, if there is no lock, is about to send.
    Before that it pauses, and the others come as far as they can.
    """
    births, profile = Births(log), Profile()
    module.run(workers, workers)
    last = births.count  # a worker; the first may be a helper

    def record(number: int) -> None:
        if number == last:
            profile.watch()

    births.arm_forked(record)
    module.run(workers, workers)
    points = profile.points()
    stage = "locked" if _chosen("locked", points) else "inside"
    for point in sorted({point for point, _ in _chosen(stage, points)}):
        with tickets(1) as fd:
            first = partial(take_ticket, fd)

            def kill(number: int, point: int = point, first: Callable[[], bool] = first) -> None:
                profile.watch(point, first=first)

            births.arm_forked(kill)
            log.call(module.run, workers, workers, where=f"{stage}, point #{point}")
            births.disarm()


def unforked(module: ModuleType, log: Log, workers: int) -> None:
    """Let os.fork fail for want of processes, at each fork of a run in turn.

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
        births.disarm()
        left = fork
        log.call(module.run, _TERMS, workers, where=f"fork #{fork + 1}")
        left = -1
    gc.collect()
    log("inside", new=resources.added_since(before))


def random_kills(module: ModuleType, log: Log, seed: int, times: int, workers: int) -> None:
    """Kill a child at a random time of its life, *times* times."""
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
    """Run while the caller and each worker get a signal every millisecond."""
    caught = 0

    def handler(signum: int, frame: FrameType | None) -> None:
        nonlocal caught
        caught += 1

    births = Births(log)
    signal_every_millisecond(handler)
    for _ in range(times):
        births.arm(inject(signal_often))
        log.call(module.run, n, workers)
    signal.setitimer(signal.ITIMER_REAL, 0)
    log("caught", count=caught)
