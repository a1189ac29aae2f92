"""A worker holds a lock from its read to its write."""

import functools

from tests.selftest.defects import _base
from tests.selftest.races import _parts
from tests.selftest.races.reads_then_writes import through

run = _base.careful(functools.partial(through, _parts.locked))
