"""The worker that finds all other sums wakes the caller: if two look too early, neither does."""

import functools
import os

from tests.selftest.defects import _base, _file
from tests.selftest.races import _parts

CAUGHT_BY = ("D4",)
FOUND_BY = "stalls"
PLAIN = 0


def is_last(fd, workers, number, value):
    others = _parts.there(fd, workers)
    _parts.put(fd, number, value)
    return len(others) == workers - 1


def through(is_last, n, workers):
    with _file.nameless() as file, _parts.counter() as bell, _parts.words(workers) as words:

        def work(number, value):
            if is_last(file.fileno(), workers, number, value):
                os.eventfd_write(bell, 1)
            words.wait(number)

        def take(fd):
            if fd is None:
                return {}
            _parts.read_all(bell)
            sums = _parts.there(file.fileno(), workers)
            for number in sums:
                words.say(number)
            return sums

        return _base.total(_base.gather(n, workers, work, take, bell))


run = _base.careful(functools.partial(through, is_last))
