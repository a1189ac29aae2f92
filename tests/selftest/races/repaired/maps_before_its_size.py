"""Whoever opens the file gives it its size."""

import functools
import os

from tests.selftest.defects import _base
from tests.selftest.races.maps_before_its_size import through


def attach(path, size):
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    os.truncate(fd, size)
    return fd


run = _base.careful(functools.partial(through, attach))
