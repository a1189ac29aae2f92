"""A semaphore that a signal has interrupted is taken for acquired by nobody: an error."""

from tests.selftest.defects import _base, _memory

CAUGHT_BY = ("A4",)


@_base.careful
def run(n, workers):
    with (
        _memory.unnamed_memory(32 + workers) as memory,
        _memory.unnamed_semaphore() as semaphore,
    ):
        return _memory.added(
            memory, semaphore, n, workers, acquire=lambda s: s.acquire(), pause=0.002
        )
