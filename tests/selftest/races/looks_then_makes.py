"""A worker makes a file that it has not found, as another one has done since: it empties it.

https://github.com/8thpark/geode/issues/96
"""

import functools
import os

from tests.selftest.defects import _base, _fifo
from tests.selftest.races import _parts

CAUGHT_BY = ("A6",)
FOUND_BY = "stalls"
PLAIN = 1


def make(path):
    if not os.path.exists(path):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))


def through(make, n, workers):
    with _fifo.private_directory() as place, _base.ticks(workers) as ticks:
        path = os.path.join(place, "sums")

        def work(number, value):
            make(path)
            with open(path, "ab", buffering=0) as file:
                file.write(_parts.FRAME.pack(number, value))
            ticks[number] = 1

        _base.gather(n, workers, work, _parts.ticked(ticks))
        with open(path, "rb") as file:
            return _base.total(_parts.frames(file.read()))


run = _base.careful(functools.partial(through, make))
