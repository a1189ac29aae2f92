"""All workers take the two locks in one order."""

import functools

from tests.selftest.defects import _base
from tests.selftest.races.two_locks import through

run = _base.careful(functools.partial(through, lambda number, locks: locks))
