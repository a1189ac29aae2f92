"""A worker is there before it looks: two may ring, but one does."""

import functools

from tests.selftest.defects import _base
from tests.selftest.races import _parts
from tests.selftest.races.last_one_rings import through


def is_last(fd, workers, number, value):
    _parts.put(fd, number, value)
    return len(_parts.there(fd, workers)) == workers


run = _base.careful(functools.partial(through, is_last))
