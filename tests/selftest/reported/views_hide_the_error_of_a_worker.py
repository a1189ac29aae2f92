"""Closing shared memory of which there are views replaced the error that had come before.

The caller reads the slots through a view, and releases it when all is well.  Where a worker has
failed, the view is still there as the memory is closed: "cannot close exported pointers exist" is
what comes out, and not which worker failed.
"""

import mmap
import struct

from tests.selftest.defects import _base

REPORT = "https://github.com/hw-native-sys/simpler/issues/2008"
CAUGHT_BY = ("C7", "C8", "C9")


def through(view, n, workers):
    """Run with a slot of 9 bytes a worker in view: its sum, and a mark that it is there."""

    def work(number, value):
        struct.pack_into("<d?", view, 9 * number, value, False)
        view[9 * number + 8] = 1

    def take(_):
        slots = enumerate(struct.iter_unpack("<d?", view))
        return {number: value for number, (value, there) in slots if there}

    return _base.total(_base.gather(n, workers, work, take))


@_base.careful
def run(n, workers):
    with mmap.mmap(-1, 9 * workers) as memory:
        view = memoryview(memory)
        result = through(view, n, workers)
        view.release()
        return result
