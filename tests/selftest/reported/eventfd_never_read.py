"""ddprof used much CPU time: the eventfd by which it was woken was never read, and always ready.

poll(2) returns at once as long as the counter of an eventfd is not 0 (eventfd(2)).  Here a worker
adds to it when it has written its sum, and the caller looks at the sums.  From the first result on
to the last, the caller does not sleep.
"""

import mmap
import os
import struct

from tests.selftest.defects import _base
from tests.selftest.reported import _os_bells

REPORT = "https://github.com/DataDog/ddprof/pull/65"
CAUGHT_BY = ("D2",)


def through(n, workers, heard):
    """Run; heard(fd) is called when the eventfd fd can be read."""
    with _os_bells.bells(1) as (bell,), mmap.mmap(-1, 9 * workers) as memory:

        def work(number, value):
            struct.pack_into("<d", memory, 9 * number, value)
            memory[9 * number + 8] = 1
            os.write(bell, struct.pack("=Q", 1))

        def take(fd):
            if fd is not None:
                heard(fd)
            slots = enumerate(struct.iter_unpack("<d?", memory[:]))
            return {number: value for number, (value, there) in slots if there}

        return _base.total(_base.gather(n, workers, work, take, bell))


@_base.careful
def run(n, workers):
    return through(n, workers, lambda fd: None)
