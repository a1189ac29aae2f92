"""Children of a run that are held at a point of their life, until the harness lets them go on."""

import mmap
import time
from functools import partial
from types import ModuleType

from tests.scenarios import profiles
from tests.scenarios.injection import AMID, Births, after_cpu, lift_limits, stop
from tests.scenarios.protocol import Log, inject

_WORKERS = 3  # of the runs before, which show what children there are and what a worker calls
_RESTS = 600.0  # seconds: the harness ends a child that rests
_SHARE = 32  # of the terms: with one part each of _WORKERS computes for some 20 ms
_LONG = 10  # times the terms: the harness kills the caller before that run ends


def held_early(module: ModuleType, log: Log, n: int, most: int) -> None:
    """Run while each worker is held before it sends, at its birth or at another point after it.

    Points are those of `profiles.Profile`; there are as many workers as points, *most* at most.
    One that is let go rests when it would send: it has as much to do as one that computes.

    Workers that are not forked by the caller are held at their birth alone.

    n: terms for which the workers compute for two seconds in all.
    """
    births = Births(log)
    module.run(2, _WORKERS)
    total = births.count
    if not births.forked:
        log("births", count=total)
        if not total:
            log("unmet", why="none of its workers is started where the suite can hold it")
            return
        births.arm(inject(stop))
        log.call(module.run, _LONG * n, _WORKERS)
        return
    lift_limits()
    held = _Held(log, births, module, total, n // _SHARE)
    points = held.before_it_sends(most)
    log("births", count=held.helpers + len(points))
    births.arm_forked(partial(held.hold, points))
    log.call(module.run, len(points), len(points))


class _Held:
    """What a worker calls until it sends, and how it is held amid that.

    helpers: children of a run that are no workers.  Some may be born before the workers, and some
        after them.
    """

    def __init__(self, log: Log, births: Births, module: ModuleType, total: int, n: int) -> None:
        self._log = log
        self._profile = profiles.Profile()
        self.helpers = total - _WORKERS
        self._first = _first_worker(births, module, total, n)
        last = self._first + _WORKERS - 1
        births.arm_forked(lambda number: self._profile.watch() if number == last else None)
        module.run(_WORKERS, _WORKERS)
        points = self._profile.points()
        self._send = _last_send(points)
        self._called = points[self._send - 1][1] if self._send <= len(points) else ""

    def before_it_sends(self, most: int) -> list[int]:
        """Return the numbers of *most* points, evenly spread; 0 is the birth."""
        if self._send <= most:
            return list(range(self._send))
        return [round(i * (self._send - 1) / (most - 1)) for i in range(most)]

    def hold(self, points: list[int], number: int) -> None:
        """In child *number*: stop at its birth, or at the one of *points* that is its own."""
        worker = number - self._first
        if not 0 <= worker < len(points):
            stop(self._log, number)
            return

        def stop_and_rest() -> bool:
            stop(self._log, number)
            self._profile.watch(self._send - point, first=_rest, called=self._called)
            return False

        point = points[worker]
        if point:
            self._profile.watch(point, first=stop_and_rest)
        else:
            stop_and_rest()


def _first_worker(births: Births, module: ModuleType, total: int, n: int) -> int:
    """Return the number of the first child that computes; the others are helpers.

    total: children of a run.
    n: terms for which each worker computes for a while.
    """
    computed = mmap.mmap(-1, total + 1)

    def note(number: int) -> None:
        computed[min(number, total)] = 1

    births.arm_forked(lambda number: after_cpu(AMID, partial(note, number)))
    module.run(n, _WORKERS)
    workers = [number for number in range(1, total + 1) if computed[number]]
    # Fewer, where a worker does not hear the signal of its timer: most helpers come first.
    return workers[0] if len(workers) == _WORKERS else total - _WORKERS + 1


def _last_send(points: list[tuple[str, str]]) -> int:
    """Return the number of the point at which a worker is about to send its result.

    Before that it may write to a log, or its name to a file.
    """
    sends = [
        i for i, (event, name) in enumerate(points, 1) if event == "c" and name in profiles.SEND
    ]
    return sends[-1] if sends else len(profiles.chosen("before", points)) + 1


def _rest() -> bool:
    time.sleep(_RESTS)
    return False
