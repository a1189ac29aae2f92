"""It holds a lock from its load to its store."""

import functools

from tests.selftest.defects import _base
from tests.selftest.races import _parts, adds_in_memory
from tests.selftest.races.reads_before_it_locks import through


def add(memory, fd, value):
    with _parts.locked(fd):
        adds_in_memory.add(memory, fd, value)


run = _base.careful(functools.partial(through, add))
