"""Each worker goes to the end of a file, then writes: two go to the same end.

https://github.com/saurabhav88/EnviousWispr/issues/2159
"""

import functools
import os

from tests.selftest.defects import _base, _file
from tests.selftest.races import _parts

CAUGHT_BY = ("A6",)
FOUND_BY = "stalls"
PLAIN = 0


def through(flags, n, workers):
    with _file.nameless() as file, _base.ticks(workers) as ticks:

        def work(number, value):
            with _parts.opened_again(file.fileno(), os.O_WRONLY | flags) as fd:
                os.lseek(fd, 0, os.SEEK_END)
                os.write(fd, _parts.FRAME.pack(number, value))
            ticks[number] = 1

        _base.gather(n, workers, work, _parts.ticked(ticks))
        data = _file.pread_all(file.fileno(), _parts.FRAME.size * workers, 0)
        return _base.total(_parts.frames(data))


run = _base.careful(functools.partial(through, 0))
