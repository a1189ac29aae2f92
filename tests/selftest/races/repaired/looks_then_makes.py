"""A worker makes the file, and leaves it as it is if it is there."""

import functools
import os

from tests.selftest.defects import _base
from tests.selftest.races.looks_then_makes import through


def make(path):
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))


run = _base.careful(functools.partial(through, make))
