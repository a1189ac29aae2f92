"""A worker posts an event before the sum is there that it announces."""

import functools
import os

from tests.selftest.defects import _base, _file
from tests.selftest.races import _parts

CAUGHT_BY = ("A6",)
FOUND_BY = "stalls"
PLAIN = 3


def send(bell, fd, number, value):
    os.eventfd_write(bell, 1)
    _parts.put(fd, number, value)


def through(send, n, workers):
    with (
        _file.nameless() as file,
        _parts.counter() as bell,
        _parts.words(workers) as words,
    ):
        posted = 0

        def work(number, value):
            send(bell, file.fileno(), number, value)
            words.wait(number)  # which is not said: the caller ends those that wait

        def take(fd):
            nonlocal posted
            posted += os.eventfd_read(bell) if fd == bell else 0
            if posted < workers:
                return {}
            return dict.fromkeys(range(workers), 0.0) | _parts.there(file.fileno(), workers)

        return _base.total(_parts.gather(n, workers, work, take, bell))


run = _base.careful(functools.partial(through, send))
