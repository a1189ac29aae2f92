"""A worker reads the total when it has the lock."""

import functools

from tests.selftest.defects import _base
from tests.selftest.races import _parts
from tests.selftest.races.reads_before_it_locks import through


def add(memory, fd, value):
    with _parts.locked(fd):
        before = memory[: _parts.TOTAL]
        memory[: _parts.TOTAL] = _parts.added(before, value)


run = _base.careful(functools.partial(through, add))
