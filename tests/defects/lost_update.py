"""A total in shared memory, added to without a lock."""

import math
import mmap
import os
import struct

from tests.defects import honest

CAUGHT_BY = ("A2",)


def run(n, workers):
    """Read, add, write: what comes between is lost."""
    honest.check(n, workers)
    with mmap.mmap(-1, 8) as memory:
        pids = []
        for lo, hi in honest.bounds(n, workers):
            pid = os.fork()
            if pid == 0:
                addend = honest.term_sum(lo, hi)
                total = struct.unpack("d", memory[:])[0]
                os.sched_yield()
                memory[:] = struct.pack("d", total + addend)
                os._exit(0)
            pids.append(pid)
        for pid in pids:
            os.waitpid(pid, 0)
        return math.sqrt(8 * struct.unpack("d", memory[:])[0])
