"""A worker says where it writes with each write."""

import functools
import os

from tests.selftest.defects import _base
from tests.selftest.races.seeks_together import through

run = _base.careful(functools.partial(through, os.pwrite))
