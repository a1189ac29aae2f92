"""iceoryx: an application was killed while it held a lock in shared memory, and all others waited.

The daemon waits too, as it takes the same lock to clean up after the dead one.  Here workers enter
their results in a register in shared memory, one after another, under a semaphore.  The caller
takes that too when it reads the register at the end of a worker.
"""

import struct

from tests.selftest.defects import _base, _memory

REPORT = "https://github.com/eclipse-iceoryx/iceoryx/issues/325"
CAUGHT_BY = ("C4", "C12")
COUNT, ENTRY = struct.Struct("@Q"), struct.Struct("<Id")


def through(n, workers, read_with):
    """Run; the caller calls read_with(read, semaphore), which returns what read() has read."""
    size = COUNT.size + ENTRY.size * workers
    with _memory.unnamed_memory(size) as memory, _memory.unnamed_semaphore() as semaphore:

        def work(number, value):
            _memory.acquire(semaphore)
            (count,) = COUNT.unpack_from(memory)
            ENTRY.pack_into(memory, COUNT.size + ENTRY.size * count, number, value)
            COUNT.pack_into(memory, 0, count + 1)
            semaphore.release()

        def read():
            (count,) = COUNT.unpack_from(memory)
            return dict(ENTRY.iter_unpack(memory[COUNT.size : COUNT.size + ENTRY.size * count]))

        def take(_):
            return read_with(read, semaphore)

        return _base.total(_base.gather(n, workers, work, take))


def _locked(read, semaphore):
    _memory.acquire(semaphore)
    entries = read()
    semaphore.release()
    return entries


@_base.careful
def run(n, workers):
    return through(n, workers, _locked)
