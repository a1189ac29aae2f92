"""A file gets its name when its content is there."""

import functools
import os

from tests.selftest.defects import _base
from tests.selftest.races import reads_an_empty_file as race


def write(path, data):
    race.write(path + ".part", data)
    os.rename(path + ".part", path)


run = _base.careful(functools.partial(race.through, write))
