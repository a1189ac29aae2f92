"""Shared memory for an array without elements was asked for with size 0, and could not be had.

Here there is a slot for each worker that has terms.  For n = 0 there are none: mmap(2) refuses a
length of 0, and the run raises.
"""

import mmap
import struct

from tests.selftest.defects import _base, honest

REPORT = "https://github.com/python/cpython/issues/85516"
CAUGHT_BY = ("A1",)


def through(n, workers, least):
    """Run; least: how many slots there are at least."""
    busy = [i for i, (lo, hi) in enumerate(honest.bounds(n, workers)) if lo < hi]
    with mmap.mmap(-1, 8 * max(least, len(busy))) as memory, _base.ticks(workers) as ended:

        def work(number, value):
            if number in busy:
                struct.pack_into("<d", memory, 8 * busy.index(number), value)
            ended[number] = 1

        def take(_):
            sums = {number: 0.0 for number in range(workers) if ended[number]}
            for slot, number in enumerate(busy):
                if number in sums:
                    sums[number] = struct.unpack_from("<d", memory, 8 * slot)[0]
            return sums

        return _base.total(_base.gather(n, workers, work, take))


@_base.careful
def run(n, workers):
    return through(n, workers, least=0)
