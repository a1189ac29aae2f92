"""A library said that it changes the mode of a lock in one step, by flock(2), which takes two.

The lock is given up first, and another process may get it in between.  Here a worker reads a total
in shared memory under a shared lock, and makes this an exclusive one to write.
"""

import fcntl
import mmap
import os

from tests.selftest.defects import _base, _memory
from tests.selftest.reported import _os_gate

REPORT = "https://github.com/ziglang/zig/issues/9836"
CAUGHT_BY = ("A2", "A6")


def adding(first):
    """Return run; first: the lock under which the total is read."""

    @_base.careful
    def run(n, workers):
        fd = os.memfd_create("pi-lock")
        try:
            with mmap.mmap(-1, 32 + workers) as memory, _os_gate.gate(workers) as gate:

                def work(number, value):
                    lock = os.open(f"/proc/self/fd/{fd}", os.O_RDWR)  # one of the worker's own
                    gate.enter()
                    fcntl.flock(lock, first)
                    total = int.from_bytes(memory[:32], "little") + int(value * _memory.SCALE)
                    fcntl.flock(lock, fcntl.LOCK_EX)
                    memory[:32] = total.to_bytes(32, "little")
                    os.close(lock)
                    memory[32 + number] = 1

                def take(_):
                    return {number: 0.0 for number in range(workers) if memory[32 + number]}

                _base.gather(n, workers, work, take, poller=gate)
                return _base.total({0: int.from_bytes(memory[:32], "little") / _memory.SCALE})
        finally:
            os.close(fd)

    return run


run = adding(fcntl.LOCK_SH)
