"""ShareableList: bytes that end with zeros are read without them, as if they were padding.

Here each worker has a slot in memory for the bytes of its sum, in network order.  The last byte of
one sum in 256 is zero, and all bytes of an empty slice are.
"""

import mmap
import struct

from tests.selftest.defects import _base

REPORT = "https://github.com/python/cpython/issues/106939"
CAUGHT_BY = ("A1",)
SLOT, DOUBLE = struct.Struct("!?8s"), struct.Struct("!d")


def through(n, workers, item):
    """Run; item: gives what was stored, of the bytes in a slot."""
    with mmap.mmap(-1, SLOT.size * workers) as memory:

        def work(number, value):
            place = SLOT.size * number
            memory[place + 1 : place + SLOT.size] = DOUBLE.pack(value)
            memory[place] = 1

        def take(_):
            slots = enumerate(SLOT.iter_unpack(memory[:]))
            return {
                number: DOUBLE.unpack(item(data))[0] for number, (there, data) in slots if there
            }

        return _base.total(_base.gather(n, workers, work, take))


@_base.careful
def run(n, workers):
    return through(n, workers, lambda data: data.rstrip(b"\0"))
