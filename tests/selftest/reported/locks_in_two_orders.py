"""A lock of several resources took them in the order in which each caller had them in its list.

Two callers that list them in two orders have one each, and wait for the other.  Here a total is
guarded by two semaphores.  A worker whose pid is odd lists them the other way round.
"""

import mmap
import os

from tests.selftest.defects import _base, _memory

REPORT = "https://github.com/mike-marcacci/node-redlock/issues/305"
CAUGHT_BY = ("D4", "A2")


class Both:
    """Two semaphores, which a worker takes in the order that order gives."""

    def __init__(self, first, second, order):
        self.listed = [first, second]
        self.order = order

    def acquire(self):
        for semaphore in self.order(self.listed):
            _memory.acquire(semaphore)

    def release(self):
        for semaphore in self.listed:
            semaphore.release()


def through(n, workers, order):
    with (
        mmap.mmap(-1, 32 + workers) as memory,
        _memory.unnamed_semaphore() as first,
        _memory.unnamed_semaphore() as second,
    ):
        both = Both(first, second, order)
        return _memory.added(memory, both, n, workers, acquire=Both.acquire)


def _as_it_has_them(listed):
    return listed[::-1] if os.getpid() % 2 else listed


@_base.careful
def run(n, workers):
    return through(n, workers, _as_it_has_them)
