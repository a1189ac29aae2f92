"""A worker writes a message in two parts to a pipe for all: another one writes in between.

https://github.com/Bogdanp/dramatiq/issues/888
"""

import functools
import os

from tests.selftest.defects import _base
from tests.selftest.races import _parts

CAUGHT_BY = ("A6",)
FOUND_BY = "stalls"
PLAIN = 0


def send(w, frame):
    os.write(w, frame[:4])
    os.write(w, frame[4:])


def through(send, n, workers):
    with _parts.pipe() as (r, w):
        stream = b""

        def work(number, value):
            send(w, _parts.FRAME.pack(number, value))

        def take(_):
            nonlocal stream
            stream += _parts.read_all(r)
            return _parts.frames(stream)

        return _base.total(_base.gather(n, workers, work, take))


run = _base.careful(functools.partial(through, send))
