"""A server killed its workers each day at nine, when the time of the system was set.

Here each worker notes the time in shared memory as it works, and the caller ends one that has
noted none for 30 s.  Both read the clock that is set: a step forward by more, between a note and
the end of another worker, at which the caller looks, is a failure.
"""

import contextlib
import math
import mmap
import struct
import threading
import time

from tests.selftest.defects import honest

REPORT = "https://github.com/benoitc/gunicorn/issues/1709"
CAUGHT_BY = ("D3",)
MISSED = "the step comes while workers are stopped, which note no time then"
BLOCK = 10_000  # terms: some milliseconds
_call = threading.local()
_term_sum, _take = honest.term_sum, honest.take


def clock():
    return time.time()


def beating(lo, hi):
    slot = 8 * _call.begun.index((lo, hi))
    sums = []
    for start in range(lo, hi, BLOCK):
        struct.pack_into("<d", _call.notes, slot, clock())
        sums.append(_term_sum(start, min(hi, start + BLOCK)))
    return math.fsum(sums)


def take(pids, said, poller, ready):
    slots = {r: 8 * number for number, r in enumerate(said)}
    for pid, r in pids.values() if ready else ():
        noted = struct.unpack_from("<d", _call.notes, slots[r])[0]
        if noted and clock() - noted > 30:
            raise RuntimeError(f"worker timeout (pid {pid})")
    _take(pids, said, poller, ready)


honest.term_sum, honest.take = beating, take


@honest.careful
def run(n, workers):
    outer = getattr(_call, "notes", None), getattr(_call, "begun", None)
    with contextlib.closing(mmap.mmap(-1, 8 * workers)) as notes:
        try:
            _call.notes, _call.begun = notes, honest.bounds(n, workers)
            return honest.run(n, workers)
        finally:
            _call.notes, _call.begun = outer
