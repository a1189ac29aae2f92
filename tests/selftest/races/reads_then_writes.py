"""Each worker reads a total from a file, adds to it, and writes it: an update is lost.

https://github.com/bmad-code-org/BMAD-METHOD/issues/2621
"""

import contextlib
import functools
import os

from tests.selftest.defects import _base, _file
from tests.selftest.races import _parts

CAUGHT_BY = ("A6",)
FOUND_BY = "stalls"
PLAIN = 3


def through(guarded, n, workers):
    with _file.nameless() as file, _base.ticks(workers) as added:
        fd = file.fileno()
        _file.pwrite_all(fd, bytes(_parts.TOTAL), 0)

        def work(number, value):
            with guarded(fd):
                before = os.pread(fd, _parts.TOTAL, 0)
                os.pwrite(fd, _parts.added(before, value), 0)
            added[number] = 1

        _base.gather(n, workers, work, _parts.ticked(added))
        return _parts.total_of(os.pread(fd, _parts.TOTAL, 0))


run = _base.careful(functools.partial(through, contextlib.nullcontext))
