"""Workers of even and of odd numbers take two locks in two orders: each has one, for ever."""

import contextlib
import functools

from tests.selftest.defects import _base, _file
from tests.selftest.races import _parts

CAUGHT_BY = ("D4",)
FOUND_BY = "stalls"
PLAIN = 0


def order(number, locks):
    return locks if number % 2 else locks[::-1]


def through(order, n, workers):
    with contextlib.ExitStack() as stack:
        one, two, sums = (stack.enter_context(_file.nameless()).fileno() for _ in range(3))

        def work(number, value):
            first, second = order(number, [one, two])
            with _parts.locked(first), _parts.locked(second):
                _parts.put(sums, number, value)

        def take(_):
            return _parts.there(sums, workers)

        return _base.total(_base.gather(n, workers, work, take))


run = _base.careful(functools.partial(through, order))
