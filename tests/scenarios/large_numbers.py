"""A run with more terms than fit in 32 bits, which nobody can wait for: a handler ends it."""

import signal
from collections.abc import Sequence
from functools import partial
from types import FrameType, ModuleType

from tests.scenarios import basics
from tests.scenarios.callers import in_caller
from tests.scenarios.injection import Births, rest_amid_work
from tests.scenarios.protocol import Log

TERMS = (1 << 32) + 1
_WORKERS = 2
_ENDS = 0.1  # seconds: by then both the caller and its workers have met that number
_LIMIT = 5.0  # seconds: what a run does with the exception of a handler is for clause B2


class _Over(Exception):  # noqa: N818 - it is no error
    pass


def after_calls(module: ModuleType, log: Log, cases: Sequence[tuple[int, int]]) -> None:
    """Run each (n, workers); then let a run with TERMS begin, in a caller of its own.

    Log how it has ended before its time.  Its workers rest when they compute.  Others would go on,
    so this is done only where they are forked.
    """
    basics.calls(module, log, cases)
    births = Births(log)
    module.run(2, _WORKERS)
    if births.forked >= _WORKERS:
        in_caller(log, "many terms", partial(_begin, module, births), _LIMIT)


def _begin(module: ModuleType, births: Births, log: Log) -> None:
    over = False

    def handler(signum: int, frame: FrameType | None) -> None:
        nonlocal over
        over = True
        raise _Over

    births.arm_forked(lambda number: rest_amid_work(lambda: None))
    signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, _ENDS)
        how = f"returned {module.run(TERMS, _WORKERS)!r}"
    except MemoryError:
        return
    except BaseException as error:  # noqa: BLE001 - whatever it raises
        how = f"{type(error).__name__}: {error}"
    if not over:
        signal.setitimer(signal.ITIMER_REAL, 0)
        log("early", terms=TERMS, how=how[:200])
