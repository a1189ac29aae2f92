"""Scenarios in which nobody disturbs a run: its result, its processes, its memory, its waits."""

import ctypes
import gc
import json
import mmap
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from types import ModuleType
from typing import Any

from tests.scenarios.injection import Births, lift_limits, log_birth, log_work, stop
from tests.scenarios.protocol import Log, inject
from tests.system import resources

_FIRST_RUNS = 3  # runs that may still import modules and fill caches

_FRAMES = 8  # of an error, the innermost: a message has to be short

# Of `calibrated`. The number of terms grows from run to run until the children compute for _CPU in
# all. It also ends when a run takes too long or has too many terms: the transport does not compute.
_CPU = 0.08  # seconds
_CPU_AIM = 0.1  # seconds; somewhat more than _CPU, so that the next run is likely to be the last
_CPU_ASKED = 0.25  # seconds, of which the children of a run that was calibrated compute
_CPU_RESOLUTION = 0.01  # seconds; a shorter time of CPU cannot be measured on every system
_LONGEST_RUN = 0.5  # seconds
_MOST_TERMS = 10**12
_LEAST_GROWTH, _MOST_GROWTH = 2, 16  # limits of the factor from one run to the next


def calls(module: ModuleType, log: Log, cases: Sequence[tuple[int, int]]) -> None:
    """Run each (n, workers); compare what the process has before and after all of them."""
    lift_limits()
    log.call(module.run, 1, 1, warm=True)
    before = resources.of_this_process()
    for n, workers in cases:
        log.call(module.run, n, workers)
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


def shortened(module: ModuleType, log: Log, cases: Sequence[tuple[int, int]]) -> None:
    """Do the same while a library in LD_PRELOAD shortens each read and write."""
    ctypes.CDLL(None).short_io_begin()
    calls(module, log, cases)


def serve(module: ModuleType, log: Log) -> None:
    """Run each (n, workers) that comes on standard input, a line of JSON each."""
    for line in sys.stdin:
        log.call(module.run, *json.loads(line))


def repeated(module: ModuleType, log: Log, n: int, workers: int, times: int) -> None:
    """Run *times* times; log each distinct outcome once, and what the process has gained."""
    logged: set[str] = set()
    for _ in range(_FIRST_RUNS):
        log.call(module.run, n, workers, once=logged)
    gc.collect()
    before = resources.of_this_process()
    memory = _resident()
    for _ in range(times):
        log.call(module.run, n, workers, once=logged)
    gc.collect()
    log("inside", new=resources.added_since(before))
    log("repeated", times=times, grown=_resident() - memory)


def _resident() -> int:
    """Return how many bytes of memory this process uses."""
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[1]) * mmap.PAGESIZE
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def arguments(module: ModuleType, log: Log) -> None:
    """Call `run` with invalid arguments; log for each whether anything was created."""
    module.run(2, 2)
    births = Births(log)
    wrong: list[tuple[Any, Any]] = [(-1, 2), (2, 0), (2, -1), (-5, -5)]
    for value in (True, False, 2.0, "2", None, 1e3, float("nan"), b"2", [2], 2 + 0j):
        wrong += [(value, 2), (2, value)]
    before = _created()
    for n, workers in wrong:
        births.arm(inject(log_birth))
        outcome = log.call(module.run, n, workers)
        created = _created()
        log(
            "made",
            n=outcome["n"],
            workers=outcome["workers"],
            births=births.count,
            new=resources.added(before, created),
        )
        before = created


def _created() -> resources.Inventory:
    """Return all that this process, its directories and the system have."""
    places = (os.environ["TMPDIR"], os.getcwd())
    return (resources.of_this_process() | resources.system_v()).union(*map(resources.files, places))


def calibrated(module: ModuleType, log: Log, workers: int) -> None:
    """Find the n for which the children of a run compute for 0.25 s in all.

    Each transport may compute at its own speed, the same for each term.  What a run of two terms
    takes, such as the start of interpreters, is not counted.
    """
    idle, pause = _spent(module, 2, workers)
    n, spent, took = 10_000, 0.0, 0.0
    while spent < _CPU and took < _LONGEST_RUN and n < _MOST_TERMS:
        n *= min(_MOST_GROWTH, max(_LEAST_GROWTH, int(_CPU_AIM / max(spent, _CPU_RESOLUTION))))
        cpu, seconds = _spent(module, n, workers)
        spent, took = cpu - idle, seconds - pause
    # The CPU time of a child counts when it was reaped: some are kept, or are others' children.
    log("calibrated", n=round(n * _CPU_ASKED / (spent if spent >= _CPU else max(took, _CPU))))


def _spent(module: ModuleType, n: int, workers: int) -> tuple[float, float]:
    """Return the seconds of CPU of the children of a run that were reaped, and those it took."""
    start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    module.run(n, workers)
    cpu = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    return cpu, time.monotonic() - start


def worked(module: ModuleType, log: Log, n: int, workers: int) -> None:
    """Log who computes: the CPU time of the caller and of its children, in each of two runs.

    Each child logs a tick for each 10 ms that it has computed.
    """
    births = Births(log)
    module.run(1, 1)
    for _ in range(2):
        births.arm(inject(log_work))
        ours = resource.getrusage(resource.RUSAGE_SELF)
        theirs = resource.getrusage(resource.RUSAGE_CHILDREN)
        log.call(module.run, n, workers)
        own = resource.getrusage(resource.RUSAGE_SELF).ru_utime - ours.ru_utime
        work = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - theirs.ru_utime
        log("cpu", own=own, work=work, births=births.count)


def stopped(module: ModuleType, log: Log, n: int, workers: int) -> None:
    """Let each child stop itself at birth; log what the wait costs the caller.

    The harness lets the children go on.
    """
    births = Births(log)
    module.run(n, workers)
    log("births", count=births.count)
    _, usual = _cost(partial(module.run, n, workers))
    births.arm(inject(stop))
    cpu, wakes = _cost(partial(log.call, module.run, n, workers))
    log("waited", cpu=cpu, wakes=wakes - usual)


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
        log.call(module.run, 4, 4, warm=True)
        log("forked", count=births.forked)
        log.call(module.run, 4, 4, warm=True)
