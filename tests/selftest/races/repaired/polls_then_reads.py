"""A read of a task does not block."""

import functools

from tests.selftest.defects import _base
from tests.selftest.races.polls_then_reads import through

run = _base.careful(functools.partial(through, False))
