"""The caller reads a sequence lock's number before the data, and not once more after them.

https://github.com/ControlCore-Project/concore/pull/559
"""

import functools
import os
import struct

from tests.selftest.defects import _base, _file
from tests.selftest.races import _parts

CAUGHT_BY = ("A6",)
FOUND_BY = "stalls"
PLAIN = 0
_NUMBER = struct.Struct("<Q")
_COUNT, _TOTAL = 8, 16  # where they are


def number_at(fd, place):
    return _NUMBER.unpack(os.pread(fd, 8, place))[0]


def unchanged(fd, number):
    return True


def snapshot(unchanged, fd):
    """Return how many have added to a total, and the total; or nothing, if one adds to it now."""
    number = number_at(fd, 0)
    if number % 2 == 0:
        total = os.pread(fd, _parts.TOTAL, _TOTAL)
        count = number_at(fd, _COUNT)
        if unchanged(fd, number):
            return count, total
    return 0, b""


def add(fd, value):
    with _parts.locked(fd):
        number, count = number_at(fd, 0), number_at(fd, _COUNT)
        os.pwrite(fd, _NUMBER.pack(number + 1), 0)
        total = _parts.added(os.pread(fd, _parts.TOTAL, _TOTAL), value)
        os.pwrite(fd, _NUMBER.pack(count + 1), _COUNT)
        os.pwrite(fd, total, _TOTAL)
        os.pwrite(fd, _NUMBER.pack(number + 2), 0)


def through(unchanged, n, workers):
    with _file.nameless() as file, _base.ticks(workers) as added:
        fd, found = file.fileno(), b""
        _file.pwrite_all(fd, bytes(_TOTAL + _parts.TOTAL), 0)

        def work(number, value):
            add(fd, value)
            added[number] = 1

        def take(_):
            nonlocal found
            count, total = snapshot(unchanged, fd)
            if count == workers:
                found = found or total
            return {number: 0.0 for number in range(workers) if added[number]}

        _base.gather(n, workers, work, take)
        return _parts.total_of(found)


run = _base.careful(functools.partial(through, unchanged))
