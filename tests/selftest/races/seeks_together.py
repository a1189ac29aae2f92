"""Workers share one offset, which each sets before it writes.

https://github.com/maxmind/MaxMind-DB-Reader-python/pull/12
"""

import functools
import os

from tests.selftest.defects import _base, _file
from tests.selftest.races import _parts

CAUGHT_BY = ("A6",)
FOUND_BY = "stalls"
PLAIN = 0


def write_at(fd, data, place):
    os.lseek(fd, place, os.SEEK_SET)
    os.write(fd, data)


def through(write_at, n, workers):
    with _file.nameless() as file:
        size = _parts.FRAME.size
        _file.pwrite_all(file.fileno(), b"\xff" * size * workers, 0)

        def work(number, value):
            write_at(file.fileno(), _parts.FRAME.pack(number, value), size * number)

        def take(_):
            return _parts.frames(_file.pread_all(file.fileno(), size * workers, 0))

        sums = _base.gather(n, workers, work, take)
        return _base.total({number: sums[number] for number in range(workers)})


run = _base.careful(functools.partial(through, write_at))
