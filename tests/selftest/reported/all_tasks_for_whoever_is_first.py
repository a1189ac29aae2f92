"""A pool of processes had a task for each of them, and some of these got none: others took two.

A task goes to whoever is ready first.  Here a worker takes slices as long as there are any, so the
first may have taken all when the last one is born.
"""

import math
import mmap
import os

from tests.selftest.defects import honest
from tests.selftest.reported import _call

REPORT = "https://github.com/mantidproject/mantidimaging/pull/1919"
CAUGHT_BY = ("A5",)
_send = honest.send


def _next():
    """Take the number of the next slice, while no other worker does."""
    call = _call.current()
    os.read(call.r, 1)
    number = int.from_bytes(call.memory[:8], "little")
    call.memory[:8] = (number + 1).to_bytes(8, "little")
    os.write(call.w, b"!")
    return number


def _send_of_all_taken(fd, lo, hi):
    slices, sums = _call.current().slices, []
    while (number := _next()) < len(slices):
        sums.append(honest.term_sum(*slices[number]))
    message = honest.pack(math.fsum(sums))
    while message:
        message = message[os.write(fd, message) :]


@honest.careful
def run(n, workers):
    with mmap.mmap(-1, 8) as memory:
        r, w = os.pipe()
        try:
            os.write(w, b"!")
            slices = honest.bounds(n, workers)
            with _call.call(r=r, w=w, memory=memory, slices=slices):
                return honest.run(n, workers)
        finally:
            os.close(r)
            os.close(w)


honest.send = _send_of_all_taken
