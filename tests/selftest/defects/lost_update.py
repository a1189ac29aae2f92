"""A total in shared memory, added to without a lock."""

import time

from tests.selftest.defects import _base, _memory

CAUGHT_BY = ("test_a_short_run_returns_pi",)


class NoLock:
    """Is held by whoever wants it."""

    def acquire(self):
        time.sleep(0)

    release = acquire


@_base.careful
def run(n, workers):
    """Read, add, write: what comes between is lost."""
    with _memory.unnamed_memory(32 + workers) as memory:
        return _memory.added(memory, NoLock(), n, workers, pause=0.01)
