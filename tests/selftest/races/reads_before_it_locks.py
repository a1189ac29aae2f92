"""A worker reads a total in shared memory before it has the lock under which it writes it."""

import functools
import mmap

from tests.selftest.defects import _base, _file
from tests.selftest.races import _parts

CAUGHT_BY = ("A6",)
FOUND_BY = "stalls"
PLAIN = 55


def add(memory, fd, value):
    before = memory[: _parts.TOTAL]
    with _parts.locked(fd):
        memory[: _parts.TOTAL] = _parts.added(before, value)


def through(add, n, workers):
    with _file.nameless() as file, mmap.mmap(-1, _parts.TOTAL + workers) as memory:

        def work(number, value):
            add(memory, file.fileno(), value)
            memory[_parts.TOTAL + number] = 1

        def take(_):
            return {number: 0.0 for number in range(workers) if memory[_parts.TOTAL + number]}

        _base.gather(n, workers, work, take)
        return _parts.total_of(memory[: _parts.TOTAL])


run = _base.careful(functools.partial(through, add))
