"""The caller takes the lock too, to read the total: a dead worker has it for ever."""

from tests.selftest.defects import _base, _memory

CAUGHT_BY = ("C3", "C4", "C5", "C12")


@_base.careful
def run(n, workers):
    with (
        _memory.unnamed_memory(32 + workers) as memory,
        _memory.unnamed_semaphore() as semaphore,
    ):
        return _memory.added(memory, semaphore, n, workers, reader_locks=True, pause=0.002)
