"""A scenario in which the clock that people set is stepped amid a run: by an hour, either way.

A library in LD_PRELOAD, tests/harness/stepped_clock.c, steps it for the caller and its forks.
Without it the functions of Python's module `time` are replaced, also where a module has imported
them by name.
"""

import ctypes
import gc
import mmap
import os
import signal
import struct
import sys
import time
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

from tests.scenarios.fork_server import await_bytes
from tests.scenarios.injection import Births
from tests.scenarios.protocol import Log
from tests.scenarios.signatures import takes_timeout
from tests.system import resources

_HOUR = 3600
_SHIFT = struct.Struct("=q")

_BEFORE = 0.03  # seconds from the birth of a worker to the step: the caller waits then
_AFTER = 0.2  # seconds from the step until a slow worker goes on

_MOST = 1.0  # seconds that a child waits for the step: the caller may wait for that child

_N, _WORKERS = 100, 2

Step = Callable[[int], object]


def stepped(module: ModuleType, log: Log, seconds: float) -> None:
    """Step the clock amid runs: with a slow worker, one that dies, and a timeout of *seconds*.

    The last child of a run steps it.  The one before it ends after that, which wakes the caller.
    """
    step = _step()
    births = Births(log)
    module.run(2, _WORKERS)
    last = births.forked
    if not last:
        log("unmet", why="its workers are not forked: they do not share the clock of their caller")
        return
    before = resources.of_this_process()
    runs: dict[str, tuple[Callable[..., float], Callable[[], object]]] = {
        "slow": (module.run, partial(time.sleep, _AFTER)),
        "death": (module.run, partial(_strike, signal.SIGKILL)),
    }
    if takes_timeout(module):
        runs["timeout"] = partial(module.run, timeout=seconds), partial(_strike, signal.SIGSTOP)
    for case, (run, then) in runs.items():
        for by in (_HOUR, -_HOUR):
            told, teller = os.pipe()

            def act(
                number: int,
                by: int = by,
                then: Callable[[], object] = then,
                told: int = told,
                teller: int = teller,
            ) -> None:
                if number == last - 1:
                    await_bytes(told, 1, limit=_MOST)
                if number == last:
                    time.sleep(_BEFORE)
                    step(by)
                    os.write(teller, b".")
                    then()

            births.arm_forked(act)
            log.call(run, _N, _WORKERS, case=f"{case}, {by:+d} s")
            births.disarm()
            for fd in (told, teller):
                os.close(fd)
    gc.collect()
    log("inside", new=resources.added_since(before))


def _strike(number: int) -> None:
    os.kill(os.getpid(), number)


def _step() -> Step:
    """Return what steps the clock by so many seconds."""
    try:
        library: Step = ctypes.CDLL(None).clock_step
    except AttributeError:
        return _step_in_python()
    return library


def _step_in_python() -> Step:
    """Replace what tells the time in Python; return what steps it, here and in all forks."""
    shared = mmap.mmap(-1, mmap.PAGESIZE)

    def shift() -> int:
        return int(_SHIFT.unpack_from(shared)[0])

    tell, tell_ns, of_clock = time.time, time.time_ns, time.clock_gettime
    stepped: dict[Any, Callable[..., float]] = {
        tell: lambda: tell() + shift(),
        tell_ns: lambda: tell_ns() + shift() * 10**9,
        of_clock: lambda clock: of_clock(clock) + shift() * (clock == time.CLOCK_REALTIME),
    }
    for module in list(sys.modules.values()):
        names = [name for name, value in vars(module).items() if callable(value)]
        for name in names:
            value = getattr(module, name, None)
            if any(value is old for old in stepped):
                setattr(module, name, stepped[value])
    return lambda by: _SHIFT.pack_into(shared, 0, shift() + by)
