"""The caller takes one message for each time that it reads the counter of an eventfd: it held two.

https://github.com/chenshuo/muduo/issues/173; eventfd(2): a read takes all that was added.
"""

import functools
import os

from tests.selftest.defects import _base
from tests.selftest.races import _parts

CAUGHT_BY = ("D4",)
FOUND_BY = "stalls"
PLAIN = 55


def through(flags, n, workers):
    with (
        _parts.pipe() as (r, w),
        _parts.counter(flags) as bell,
        _parts.words(workers) as words,
    ):

        def work(number, value):
            os.write(w, _parts.FRAME.pack(number, value))
            os.eventfd_write(bell, 1)
            words.wait(number)

        def take(fd):
            if fd is None:
                return {}
            os.eventfd_read(bell)
            sums = _parts.frames(os.read(r, _parts.FRAME.size))
            for number in sums:
                words.say(number)
            return sums

        return _base.total(_base.gather(n, workers, work, take, bell))


run = _base.careful(functools.partial(through, 0))
