"""Each worker adds to a total in shared memory, and makes no call between its load and its store.

No order of calls shows it: a worker that is let go on runs to its next call.  A stop at each
bytecode does.
"""

import functools

from tests.selftest.defects import _base
from tests.selftest.races import _parts
from tests.selftest.races.reads_before_it_locks import through

CAUGHT_BY = ("A6",)
FOUND_BY = "bytecodes"
PLAIN = 2


def add(memory, fd, value):
    memory[: _parts.TOTAL] = _parts.added(memory[: _parts.TOTAL], value)


run = _base.careful(functools.partial(through, add))
