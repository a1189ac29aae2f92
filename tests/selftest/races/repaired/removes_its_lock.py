"""The file of the lock stays until the end."""

import functools

from tests.selftest.defects import _base
from tests.selftest.races.removes_its_lock import through

run = _base.careful(functools.partial(through, lambda path: None))
