"""A worker reads under a shared lock, and makes it an exclusive one to write: another was first.

flock(2): the lock is released before the other one is taken.
"""

import fcntl
import functools
import os

from tests.selftest.defects import _base, _file
from tests.selftest.races import _parts

CAUGHT_BY = ("A6",)
FOUND_BY = "stalls"
PLAIN = 3


def through(first, n, workers):
    with _file.nameless() as file, _base.ticks(workers) as ticks:
        fd = file.fileno()
        _file.pwrite_all(fd, bytes(_parts.TOTAL), 0)

        def work(number, value):
            with _parts.opened_again(fd) as lock:
                fcntl.flock(lock, first)
                before = os.pread(lock, _parts.TOTAL, 0)
                fcntl.flock(lock, fcntl.LOCK_EX)
                os.pwrite(lock, _parts.added(before, value), 0)
            ticks[number] = 1

        _base.gather(n, workers, work, _parts.ticked(ticks))
        return _parts.total_of(os.pread(fd, _parts.TOTAL, 0))


run = _base.careful(functools.partial(through, fcntl.LOCK_SH))
