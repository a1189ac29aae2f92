"""The file is open to append: each write goes to its end."""

import functools
import os

from tests.selftest.defects import _base
from tests.selftest.races.appends_by_seek import through

run = _base.careful(functools.partial(through, os.O_APPEND))
