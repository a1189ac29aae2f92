"""A worker waits for the lock as long as it takes; the death of another one ends the run."""

from tests.selftest.defects import _base, _memory
from tests.selftest.reported import lock_ignored_after_two_seconds as bug


@_base.careful
def run(n, workers):
    return bug.through(n, workers, _memory.acquire)
