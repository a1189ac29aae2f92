"""A pid was kept in 16 bits, and compared with the whole: from pid 65536 on they differ.

A worker that has the lock writes its pid beside it, and compares when it releases the lock.
64-bit Linux gives pids up to kernel.pid_max, 4194304 on many systems: there the run works for
days or weeks after a start, and then fails always.
"""

import os
import struct
import types

from tests.selftest.defects import _base, _memory
from tests.selftest.reported import _os_total

REPORT = "https://github.com/RIPE-NCC/ripe-atlas-probe-measurements/pull/10"
CAUGHT_BY = ("A1", "E4")


def through(n, workers, form, mask):
    """Run; form, mask: how the pid is kept."""
    with _memory.unnamed_semaphore() as semaphore, _base.ticks(struct.calcsize(form)) as owner:
        lock = _os_total.interruptible(semaphore)

        def acquire():
            lock.acquire()
            struct.pack_into(form, owner, 0, os.getpid() & mask)

        def release():
            if struct.unpack(form, owner[:])[0] != os.getpid():
                raise RuntimeError("the lock of another process is released")
            lock.release()

        kept = types.SimpleNamespace(acquire=acquire, release=release)
        return _os_total.added(kept, n, workers)


@_base.careful
def run(n, workers):
    return through(n, workers, "=H", 0xFFFF)
