"""The caller reads the number once more, and drops data that changed meanwhile."""

import functools

from tests.selftest.defects import _base
from tests.selftest.races.seqlock_read_once import number_at, through


def unchanged(fd, number):
    return number_at(fd, 0) == number


run = _base.careful(functools.partial(through, unchanged))
