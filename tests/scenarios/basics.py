"""Scenarios in which nobody disturbs a run: its result, its processes, its memory, its waits."""

import contextlib
import gc
import itertools
import json
import math
import mmap
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import ModuleType

from tests.scenarios import from_inside, profiles
from tests.scenarios.injection import CPU, AtForks, Births, lift_limits, log_birth, stop
from tests.scenarios.protocol import Log, inject
from tests.scenarios.signatures import takes_timeout
from tests.scenarios.watching import Watcher, watcher
from tests.system import resources

# Of `repeated`.
_FIRST_RUNS = 3  # runs that may still import modules and fill caches
_TERMS = (24, 60, 97, 250, 509, 1003, 2000, 4096)
_MOST_WORKERS = 24
_PARTS = 4

_FRAMES = 8  # of an error, the innermost: a message has to be short

# Of `calibrated`. The number of terms grows from run to run until the children compute for _CPU in
_AMPLE = 600.0  # seconds: a timeout that no run here reaches
# all. It also ends when a run takes too long or has too many terms: the transport does not compute.
_CPU = 0.08  # seconds
_CPU_AIM = 0.1  # seconds; somewhat more than _CPU, so that the next run is likely to be the last
_CPU_ASKED = 0.25  # seconds, of which the children of a run that was calibrated compute
_CPU_RESOLUTION = 0.01  # seconds; a shorter time of CPU cannot be measured on every system
_LONGEST_RUN = 0.5  # seconds
_DELAYS = 2  # runs that took longer, and in which nobody was seen to compute
_MOST_TERMS = 10**12
_LEAST_GROWTH, _MOST_GROWTH = 2, 16  # limits of the factor from one run to the next

# Of `worked`: seconds of CPU of a worker that has nothing to do, up to which the work of a run that
# was calibrated, some 0.06 s, stands out clearly.
_LITTLE = 0.06
_LATE = 0.1  # seconds before a fork: more than the CPU time of each of four workers


def calls(module: ModuleType, log: Log, cases: Sequence[tuple[int, int]]) -> None:
    """Run each (n, workers); compare what the process has before and after all of them."""
    lift_limits()
    births = Births(log)
    at_first = resources.of_this_process()
    log.call(module.run, 1, 1, warm=True)
    # What the first run makes may be kept for later ones, but for a timer: there is one of a kind.
    before = {e for e in resources.of_this_process() if e.kind != "timer" or e in at_first}
    for n, workers in cases:
        births.disarm()
        log.call(module.run, n, workers)
        log("births", count=births.count)
    gc.collect()
    log("inside", new=resources.added_since(before))


def smoke(module: ModuleType, log: Log, n: int, workers: int) -> None:
    """Run once; log the outcome and, of an error, the frames that it has come through."""
    frames: list[tuple[str, int, str]] = []

    def run(n: int, workers: int) -> float:
        try:
            value: float = module.run(n, workers)
        except BaseException as error:
            walked = traceback.walk_tb(error.__traceback__)
            frames.extend((f.f_code.co_filename, line, f.f_code.co_name) for f, line in walked)
            raise
        # A coroutine that nobody awaits is warned of when it is dropped: Python's module asyncio.
        getattr(value, "close", lambda: None)()
        return value

    log.call(run, n, workers)
    log("trace", frames=frames[-_FRAMES:])


def serve(module: ModuleType, log: Log) -> None:
    """Run each (n, workers) that comes on standard input, a line of JSON each."""
    for line in sys.stdin:
        log.call(module.run, *json.loads(line))


def repeated(module: ModuleType, log: Log, seed: int, times: int, crowds: int) -> None:
    """Run *times* times; log each wrong outcome once, and what the process has gained.

    Most runs have two workers; *crowds* of them, evenly spread, have more.  How many these are, and
    how many terms a run has, is drawn from *seed*.

    The first half of the runs has one processor for all processes: a process is then taken off it
    at any point of its work, and the others go on.
    """
    import random  # noqa: PLC0415 - its hook makes each fork dearer

    drawn, logged = random.Random(seed), set[str]()
    cases = [(drawn.choice(_TERMS), 2) for _ in range(times)]
    for crowd in range(crowds):
        at = crowd * times // crowds
        cases[at] = cases[at][0], drawn.randint(3, _MOST_WORKERS)
    # The largest crowd is among the first: the caller may need memory for it, which it keeps.
    for case in [(_TERMS[-1], _MOST_WORKERS), *cases[1:_FIRST_RUNS]]:
        log.call(module.run, *case, once=logged)
    gc.collect()
    before = resources.of_this_process()
    memory, size, blocks = _resident(), math.ceil(times / _PARTS), list[int]()
    before_last = grown = 0
    for part in range(_PARTS):
        had = resources.blocks()
        if part == _PARTS - 1:
            # What the collector alone closes is open for as long as that does not run.
            gc.disable()
            grown, before_last = _resident() - memory, resources.open_count()
        with _one_processor() if part < _PARTS // 2 else contextlib.nullcontext():
            for case in cases[part * size : (part + 1) * size]:
                log.call(module.run, *case, once=logged)
        open_now = resources.open_count()
        gc.collect()
        blocks.append(resources.blocks() - had)
    gc.enable()
    log("inside", new=resources.added_since(before))
    # A cache that is filled grows in one part; what each run leaves adds up in every part.
    log(
        "repeated",
        times=times,
        grown=grown,
        blocks=min(blocks) * _PARTS,
        descriptors=(open_now - before_last) * _PARTS,
    )


@contextlib.contextmanager
def _one_processor() -> Iterator[None]:
    """Let this process and its children have one processor, where the system can say which."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def _resident() -> int:
    """Return how many bytes of memory this process uses."""
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[1]) * mmap.PAGESIZE
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def calibrated(module: ModuleType, log: Log, workers: int) -> None:
    """Find the n for which the workers of a run compute for 0.25 s in all.

    Each transport may compute at its own speed, the same for each term.  What a run of two terms
    takes, such as the start of interpreters, is not counted.
    """
    with watcher(log) as watching:
        idle, pause = _spent(module, 2, workers, watching)
        n, spent, took, delayed = 10_000, 0.0, 0.0, 0
        while spent < _CPU and took < _LONGEST_RUN and n < _MOST_TERMS:
            n *= min(_MOST_GROWTH, max(_LEAST_GROWTH, int(_CPU_AIM / max(spent, _CPU_RESOLUTION))))
            own = time.process_time()
            cpu, seconds = _spent(module, n, workers, watching)
            spent, took = cpu - idle, seconds - pause
            if took >= _LONGEST_RUN > 4 * (time.process_time() - own + spent) and delayed < _DELAYS:
                took, delayed = 0.0, delayed + 1  # others had the processors: it says nothing
    computed = spent >= _CPU
    n = round(n * _CPU_ASKED / (spent if computed else max(took, _CPU)))
    log("calibrated", n=n, computed=computed)


def _spent(
    module: ModuleType, n: int, workers: int, watching: Watcher | None
) -> tuple[float, float]:
    """Return the seconds of CPU of all processes but the caller in a run, and those it took.

    That of a child which was reaped is exact.  Some are not reaped, or are others' children: the
    watcher has seen most of theirs.
    """
    start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    if watching is not None:
        watching.count()
    module.run(n, workers)
    seconds = time.monotonic() - start
    cpu = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    seen = 0.0 if watching is None else sum(watching.report().cpu.values())
    return max(cpu, seen), seconds


def worked(module: ModuleType, log: Log, n: int, workers: int) -> None:
    """Log who computes: the CPU time of the caller and of all others, in each of two runs.

    In the second run each fork but the first is late, when those that were forked before may be
    done with their slices.

    n: terms for which the workers compute for 0.25 s in all.  Where each of them uses much CPU for
        nothing, such as the start of an interpreter, more are taken.
    """
    with watcher(log) as watching:
        births = Births(log)
        module.run(1, 1)
        idle = 0.0
        if watching is not None:
            watching.count()
            module.run(workers, workers)
            idle = watching.report().longest
            n *= max(1, round(idle / _LITTLE))
        _log_who_computes(module, log, n, workers, births, watching, idle)
        forks = itertools.count()
        AtForks(lambda: time.sleep(_LATE if next(forks) else 0))
        _log_who_computes(module, log, n, workers, births, watching, idle)


def _log_who_computes(
    module: ModuleType,
    log: Log,
    n: int,
    workers: int,
    births: Births,
    watching: Watcher | None,
    idle: float,
) -> None:
    """Run, and log who has computed, for more than what *idle* seconds may grow to.

    Where nothing watches the workers, each logs a tick for each 10 ms that it has computed.
    """
    ours = resource.getrusage(resource.RUSAGE_SELF)
    theirs = resource.getrusage(resource.RUSAGE_CHILDREN)
    if watching is None:
        births.arm_forked(lambda number: from_inside.log_work(log))
    else:
        watching.count()
    start = time.monotonic()
    log.call(module.run, n, workers)
    took = time.monotonic() - start
    cpu = {} if watching is None else watching.report().cpu
    own = resource.getrusage(resource.RUSAGE_SELF).ru_utime - ours.ru_utime
    work = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - theirs.ru_utime
    who = [pid for pid, seconds in cpu.items() if seconds > _CPU_RESOLUTION + 1.5 * idle]
    log("cpu", own=own, work=max(work, sum(cpu.values())), who=who, took=took)


def stopped(module: ModuleType, log: Log, n: int, workers: int) -> None:
    """Let each child be stopped; log what the wait costs the caller.

    A child is stopped at its birth, or, where that is not met, amid its work.  Those that the
    caller forks are stopped in two more runs: when they are about to send, and about to exit; these
    have a timeout, if `run` takes one.  The harness lets the children go on.
    """
    births = Births(log)
    module.run(n, workers)
    # Interpreters that a forked child starts are born when that one goes on.
    log("births", count=births.forked or births.count)
    if births.count:
        _, usual = _cost(partial(module.run, n, workers))
        births.arm(inject(stop))
        _log_wait(module.run, log, n, workers, usual)
        timed = partial(module.run, timeout=_AMPLE) if takes_timeout(module) else module.run
        held = births.forked
        for stage in profiles.HELD if held else ():
            births.arm(inject(profiles.stop_before, stage=stage))
            _log_wait(timed, log, n, workers, usual, stage)
        return
    with watcher(log) as watching:
        if watching is None:
            log("unmet", why="none of its workers is started where the suite can stop it")
            return
        n = _long_enough(module, n, workers)
        _, usual = _cost(partial(module.run, n, workers))
        watching.strike(signal.SIGSTOP, workers, CPU)
        _log_wait(module.run, log, n, workers, usual)
        if not watching.report().struck:
            log("missed", why="none of its workers was met amid its work")


def _log_wait(
    run: Callable[..., float], log: Log, n: int, workers: int, usual: int, stage: str = "birth"
) -> None:
    """Log what a run whose workers are stopped costs the caller.

    usual: the times that the caller wakes up in a run without that, which do not count.
    """
    start = time.monotonic()
    cpu, wakes = _cost(partial(log.call, run, n, workers))
    log("waited", stage=stage, cpu=cpu, wakes=wakes - usual, seconds=time.monotonic() - start)


def _long_enough(module: ModuleType, n: int, workers: int) -> int:
    """Return a number of terms, from *n* on, for which a run is amid its work for a while."""
    took = 0.0
    while took < _CPU * workers and n < _MOST_TERMS:
        n *= _MOST_GROWTH
        start = time.monotonic()
        module.run(n, workers)
        took = time.monotonic() - start
    return n


def _cost(act: Callable[[], object]) -> tuple[float, int]:
    """Return the seconds of CPU, and the times that this process slept, during *act*."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    act()
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, after.ru_nvcsw - before.ru_nvcsw


def crowded(module: ModuleType, log: Log, n: int, workers: int) -> None:
    """Run with many workers, which log their births; the harness stops or kills the caller."""
    lift_limits()
    births = Births(log)
    births.arm(inject(log_birth))
    start = time.monotonic()
    log.call(module.run, n, workers)
    log("took", seconds=time.monotonic() - start)


def gathered(module: ModuleType, log: Log, n: int, workers: int) -> None:
    """Run with many workers, each of which stops itself at its birth; the harness lets them go."""
    lift_limits()
    births = Births(log)
    births.arm(inject(stop))
    log.call(module.run, n, workers)


def support(module: ModuleType, log: Log) -> None:
    """Log what the module says of itself, see `tests.harness.Support`; run it, for its pace."""
    expected = getattr(module, "EXPECTED_FAILURES", {})
    error = ""
    if not callable(getattr(module, "run", None)):
        error = "it has no function run(n, workers)"
    elif not all(isinstance(text, str) for text in (*expected, *expected.values())):
        error = "its EXPECTED_FAILURES is not a dict of clauses and reasons"
    probe = getattr(module, "unsupported", lambda: None)
    reason = None if error else probe()
    if reason is not None and not isinstance(reason, str):
        error = f"its unsupported() returned {reason!r}, not a reason or None"
    extra = getattr(module, "EXTRA", "")
    channel = None
    if not callable(getattr(module, "channel", None)):
        channel = getattr(module, "no_channel", "it has no channel(work, workers)")
    log("support", reason=reason, expected=expected, error=error, extra=extra, channel=channel)
    if reason is None and not error:
        births = Births(log)
        log.call(module.run, 2, 2, warm=True)
        few = births.count
        births.disarm()
        log.call(module.run, 4, 4, warm=True)
        # Helpers are born too, as many for two workers as for four.
        log("forked", count=births.forked, more=births.count - few)
