"""A handler that raises again and again: also while `run` cleans up after its first exception."""

import gc
import itertools
import math
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from types import FrameType, ModuleType
from typing import Any, NamedTuple

from tests.scenarios.protocol import Log
from tests.system import resources

_TERMS, _WORKERS = 100, 3
_TOLERANCE = 1e-14  # between two runs, which may add the sums of their workers in any order

# Seconds between two strikes. The clean-up of a run takes about a millisecond, so from some of
# these it gets no strike, from others several.
_EVERY = (5e-5, 1e-4, 2e-4, 3e-4, 5e-4, 8e-4, 1.5e-3, 3e-3, 5e-3)
_EARLIEST = 2e-5  # seconds from the start of a run to the first strike
_LATEST_RUNS = 1.1  # the latest, in durations of a usual run

_MOST_RUNS = 4  # for each strike that is wanted: some come after the end of a run
_ENOUGH = 5  # wrong runs that end a storm


class Struck(Exception):  # noqa: N818 - what a handler of a user's raises, such as a time limit
    """The handler has been called."""


class _StruckExit(SystemExit):
    """The handler has been called: it ends the program."""


class _StruckInterrupt(KeyboardInterrupt):
    """The handler has been called, as by Ctrl-C."""


class _StruckTimeout(TimeoutError):  # noqa: N818 - it is no error
    """The handler has been called: a time limit is over.  It is an OSError, too."""


_STRUCK = (Struck, _StruckExit, _StruckInterrupt, _StruckTimeout)
_GIVEN = 3  # the argument of each


class _Held(NamedTuple):
    """What a process has, as fast as it can be found: by `resources` it takes a millisecond."""

    descriptors: frozenset[str]
    children: bool
    blocked: frozenset[int]


_FDS = "/proc/self/fd" if os.path.isdir("/proc/self/fd") else "/dev/fd"


def _held() -> _Held:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)  # reaps none
        children = True
    except ChildProcessError:
        children = False
    blocked = frozenset(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, ())))
    return _Held(frozenset(os.listdir(_FDS)), children, blocked)


class _Storm:
    """A run at a time under an interval timer whose handler raises for as long as it is armed.

    The handler can break into this code too.  So `attempt` arms it and disarms it by assignments,
    which call nothing: CPython runs handlers only at calls and jumps back.
    """

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._armed = False
        self.raises: type[BaseException] = Struck
        self.strikes = 0
        self._within = 0  # strikes that broke into `run`, and not into this code
        # Exceptions that Python itself has lost: one in a __del__ or in the callback of a weak
        # reference ends only that. No transport can prevent this. The hook is a function in C,
        # into which no handler breaks.
        self._lost: list[Any] = []
        sys.unraisablehook = self._lost.append
        signal.signal(signal.SIGALRM, self._handle)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._armed:
            self.strikes += 1
            self._within += frame is not None and frame.f_code is not _OWN_CODE
            raise self.raises(_GIVEN)

    def attempt(self, first: float, every: float) -> tuple[float | None, BaseException | None]:
        """Run once, with a strike after *first* seconds and each *every*; return how it ended."""
        value, error = None, None
        run = self._module.run
        self._within = 0
        try:
            self._armed = True
            signal.setitimer(signal.ITIMER_REAL, first, every)
            value = run(_TERMS, _WORKERS)
            self._armed = False
        except BaseException as raised:  # noqa: BLE001 - any error is an outcome
            self._armed = False
            error = raised
        signal.setitimer(signal.ITIMER_REAL, 0)
        return value, error

    def swallowed(self) -> int:
        """Return how many exceptions of the handler broke into the run and were not lost."""
        lost = sum(issubclass(args.exc_type, _STRUCK) for args in self._lost)
        self._lost.clear()
        return self._within - lost


_OWN_CODE = _Storm.attempt.__code__


def raised(module: ModuleType, log: Log, strikes: int, seconds: float, seed: int) -> None:
    """Run under a handler that raises until there were *strikes*; log what went wrong.

    seconds: after which there are no more runs: those of some modules take a tenth of a second.
    """
    until = time.monotonic() + seconds
    draw = random.Random(seed)
    exact = module.run(_TERMS, _WORKERS)
    usual = sorted(_timed(module) for _ in range(5))[2]
    storm = _Storm(module)
    before, first_held = resources.of_this_process(), _held()
    wrong: list[str] = []
    runs = 0
    for every in itertools.cycle(_EVERY):
        over = storm.strikes >= strikes or runs >= _MOST_RUNS * strikes
        if over or len(wrong) >= _ENOUGH or time.monotonic() > until:
            break
        storm.raises = _STRUCK[runs % len(_STRUCK)]
        runs += 1
        value, error = storm.attempt(draw.uniform(_EARLIEST, _LATEST_RUNS * usual), every)
        why = _wrong(exact, value, error, storm.swallowed())
        del error  # its traceback has the frames of the run, with all that these hold
        if left := [*_left(before, first_held)]:
            why += f" left: {', '.join(left)}"
            before, first_held = resources.of_this_process(), _held()
        if why:
            wrong.append(f"a strike each {every * 1e3:g} ms: {why.strip()}"[:500])
    sys.unraisablehook = sys.__unraisablehook__
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    gc.collect()
    log("stormed", runs=runs, strikes=storm.strikes, wrong=wrong)
    log("inside", new=resources.added_since(before))


def _timed(module: ModuleType) -> float:
    start = time.monotonic()
    module.run(_TERMS, _WORKERS)
    return time.monotonic() - start


def _wrong(exact: float, value: float | None, error: BaseException | None, swallowed: int) -> str:
    """Return what is wrong with the end of a run, or ""."""
    if error is not None and (type(error) not in _STRUCK or error.args != (_GIVEN,)):
        return f"{type(error).__name__}{error.args!r}, and not the exception of the handler"
    if error is None and swallowed > 0:
        return f"the exception of the handler was swallowed, and run returned {value!r}"
    if value is not None and not math.isclose(value, exact, rel_tol=_TOLERANCE):
        return f"returned {value!r}, not {exact!r}"
    return ""


def _left(before: resources.Inventory, held: _Held) -> Iterator[str]:
    """Yield what this process has now that it did not have *before*, and unblock signals."""
    if _held() == held:
        return
    gc.collect()
    now = _held()
    if now != held:
        new = resources.added_since(before)
        for kind, count in Counter(found.kind for found in new).items():
            first = next(found.name for found in new if found.kind == kind)
            yield f"{count} of kind {kind}, such as {first}"
    if blocked := now.blocked - held.blocked:
        yield f"blocked: {', '.join(signal.Signals(number).name for number in sorted(blocked))}"
        signal.pthread_sigmask(signal.SIG_SETMASK, held.blocked)
