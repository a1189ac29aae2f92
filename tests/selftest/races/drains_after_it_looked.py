"""The caller looks for sums, then drains the pipe by which workers wake it: a wake-up is lost.

https://github.com/IvanWng97/pixtuoid/pull/354
"""

import functools
import os

from tests.selftest.defects import _base, _file
from tests.selftest.races import _parts

CAUGHT_BY = ("D4",)
FOUND_BY = "stalls"
PLAIN = 0


def look(bell, fd, workers):
    sums = _parts.there(fd, workers)
    _parts.read_all(bell)
    return sums


def through(look, n, workers):
    with (
        _file.nameless() as file,
        _parts.pipe() as (bell, rope),
        _parts.words(workers) as words,
    ):
        heard = {}

        def work(number, value):
            _parts.put(file.fileno(), number, value)
            os.write(rope, b"!")
            words.wait(number)

        def take(fd):
            if fd is None:
                return heard
            sums = look(bell, file.fileno(), workers)
            for number in set(sums) - set(heard):
                words.say(number)
            heard.update(sums)
            return heard

        return _base.total(_base.gather(n, workers, work, take, bell))


run = _base.careful(functools.partial(through, look))
