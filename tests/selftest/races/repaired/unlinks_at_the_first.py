"""The caller removes the name when all workers have used it."""

import functools

from tests.selftest.defects import _base
from tests.selftest.races.unlinks_at_the_first import through

run = _base.careful(functools.partial(through, lambda workers: workers))
