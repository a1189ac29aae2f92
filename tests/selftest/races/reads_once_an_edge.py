"""The caller reads one message for each edge that epoll tells: of two, the second is never read.

https://github.com/strongswan/davici/issues/4
"""

import functools
import os
import select

from tests.selftest.defects import _base
from tests.selftest.races import _parts

CAUGHT_BY = ("D4",)
FOUND_BY = "stalls"
PLAIN = 43


def read(r):
    return os.read(r, _parts.FRAME.size)


def through(read, n, workers):
    with (
        _parts.pipe() as (r, w),
        _parts.words(workers) as words,
        select.epoll() as poller,
    ):
        poller.register(r, select.EPOLLIN | select.EPOLLET)

        def work(number, value):
            os.write(w, _parts.FRAME.pack(number, value))
            words.wait(number)

        def take(fd):
            if fd is None:
                return {}
            sums = _parts.frames(read(r))
            for number in sums:
                words.say(number)
            return sums

        return _base.total(_base.gather(n, workers, work, take, poller=poller))


run = _base.careful(functools.partial(through, read))
