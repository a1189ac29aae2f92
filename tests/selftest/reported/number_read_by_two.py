"""A counter in a file was read, increased and written: two processes read the same number.

Here a worker takes the number of its slice from a file that all have open.  Where two have read the
same, one slice is counted twice, and another not at all.
"""

import contextlib
import mmap
import struct

from tests.selftest.defects import _base, _file, honest
from tests.selftest.reported import _slots

REPORT = "https://github.com/tigerless-labs/autoharness/issues/156"
CAUGHT_BY = ("A2", "A6")
COUNTER = struct.Struct("<I")


def _taken(fd):
    (number,) = COUNTER.unpack(_file.pread_all(fd, COUNTER.size, 0))
    _file.pwrite_all(fd, COUNTER.pack(number + 1), 0)
    return number


def counted(alone):
    """Return run; alone: gives a context in which the counter in the file fd is used."""

    @_base.careful
    def run(n, workers):
        with _file.nameless() as file, mmap.mmap(-1, _slots.SIZE * workers) as memory:
            fd = file.fileno()
            _file.pwrite_all(fd, COUNTER.pack(0), 0)
            slices = honest.bounds(n, workers)

            def work(number, _):
                with alone(fd):
                    mine = _taken(fd)
                _slots.put(memory, number, honest.term_sum(*slices[mine]))

            def take(_):
                return _slots.there(memory, workers)

            return _base.total(_base.gather(0, workers, work, take))

    return run


run = counted(contextlib.nullcontext)
