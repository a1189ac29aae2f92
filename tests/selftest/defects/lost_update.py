"""A total in shared memory, added to without a lock."""

import time

from tests.selftest.defects import _base, _memory

CAUGHT_BY = (
    "A1",
    "A2",
    "A3",
    "A4",
    "A5",
    "B2",
    "B4",
    "C1",
    "C3",
    "C5",
    "C6",
    "C7",
    "C9",
    "C11",
    "D1",
    "D2",
    "E1",
    "E2",
    "E3",
    "E4",
    "E5",
    "E6",
    "E7",
    "E8",
    "F1",
    "F2",
    "F3",
    "G1",
    "G2",
    "G3",
    "G4",
    "G5",
    "G6",
)


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
