"""CPU time and context switches of a work that runs freely; they differ from run to run."""

import contextlib
import os
import statistics
from collections.abc import Iterator
from types import ModuleType

from tests.benchmarks.counts.works import BULK, RUN, STREAM, TRIP, Usage, Work, used

# How often each is done in a round, and how many rounds: a tenth of a second in all, or two.
_TIMES = {RUN.key: 1, TRIP.key: 2000, STREAM.key: 10_000, BULK.key: 200}
_ROUNDS = {RUN.key: 11, TRIP.key: 5, STREAM.key: 5, BULK.key: 5}


def stay_on_one_processor() -> None:
    """Hold this process, and those that it will start, to one processor, where that can be done.

    There a context switch is one that the work needs, and no module starts as many helpers as there
    are processors.
    """
    if hasattr(os, "sched_setaffinity"):  # not on macOS
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def measure(module: ModuleType, work: Work) -> dict[str, float]:
    """Return what one work of *module* uses, both sides together: medians of some rounds."""
    times = _TIMES[work.key]
    rounds = [_round(module, work, times) for _ in range(_ROUNDS[work.key])]
    return {
        "cpu_us": round(statistics.median(each.cpu_us for each in rounds) / times, 2),
        "switches": round(statistics.median(each.switches for each in rounds) / times, 2),
    }


def _round(module: ModuleType, work: Work, times: int) -> Usage:
    callers: list[Usage] = []

    @contextlib.contextmanager
    def span() -> Iterator[None]:
        before = used()
        yield
        callers.append(used().since(before))

    return work.act(module, times, span).plus(callers[0])
