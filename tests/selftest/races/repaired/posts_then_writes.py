"""A worker posts the event when its sum is there."""

import functools
import os

from tests.selftest.defects import _base
from tests.selftest.races import _parts
from tests.selftest.races.posts_then_writes import through


def send(bell, fd, number, value):
    _parts.put(fd, number, value)
    os.eventfd_write(bell, 1)


run = _base.careful(functools.partial(through, send))
