"""Segments were named by the pid and a counter: those of a dead process that had the pid were met.

Names are tried once, and exclusively.  Whoever has made the next one before, as a process that
was killed in a container where pids start again, makes the run fail.
"""

import itertools
import os

from tests.selftest.defects import _base, _memory
from tests.selftest.reported import _os_segment

REPORT = "https://github.com/shikokuchuo/mori/issues/50"
CAUGHT_BY = ("B4", "G3")
_counter = itertools.count()


def through(n, workers, name):
    with _os_segment.unnamed(16 * workers, name=name) as memory:
        return _memory.slots(memory, n, workers)


def _name():
    return f"/pi_{os.getpid()}_{next(_counter)}"


@_base.careful
def run(n, workers):
    return through(n, workers, _name)
