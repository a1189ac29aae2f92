"""A worker removes the file of its lock: of the next two, one waits for it, one makes another.

https://github.com/tox-dev/filelock/pull/577

It takes three calls in a certain order, of three workers: to hold one call is not enough, nor is it
to turn two round.  Random walks show it in 4 of 100 seeds.
"""

import contextlib
import fcntl
import functools
import os

from tests.selftest.defects import _base, _fifo, _file
from tests.selftest.races import _parts

CAUGHT_BY = ("A6",)
FOUND_BY = ""
PLAIN = 0


def release(path):
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def through(release, n, workers):
    with _fifo.private_directory() as place, _file.nameless() as file:
        path = os.path.join(place, "lock")
        fd = file.fileno()
        _file.pwrite_all(fd, bytes(_parts.TOTAL), 0)
        with _base.ticks(workers) as ticks:

            def work(number, value):
                with open(path, "w") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX)
                    before = os.pread(fd, _parts.TOTAL, 0)
                    os.pwrite(fd, _parts.added(before, value), 0)
                    ticks[number] = 1
                    release(path)

            _base.gather(n, workers, work, _parts.ticked(ticks))
            return _parts.total_of(os.pread(fd, _parts.TOTAL, 0))


run = _base.careful(functools.partial(through, release))
