"""The caller drains the pipe before it looks."""

import functools

from tests.selftest.defects import _base
from tests.selftest.races import _parts
from tests.selftest.races.drains_after_it_looked import through


def look(bell, fd, workers):
    _parts.read_all(bell)
    return _parts.there(fd, workers)


run = _base.careful(functools.partial(through, look))
