"""Shared memory has sixteen slots: the seventeenth worker writes to the first."""

from tests.selftest.defects import _base, _memory

CAUGHT_BY = ("A1",)


@_base.careful
def run(n, workers):
    with _memory.unnamed_memory(16 * 16) as memory:
        return _memory.slots(memory, n, workers, place=lambda number: number % 16)
