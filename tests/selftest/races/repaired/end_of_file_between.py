"""The caller has the fifo open for writing too, so there is no end of file."""

import functools

from tests.selftest.defects import _base
from tests.selftest.races.end_of_file_between import through

run = _base.careful(functools.partial(through, True))
