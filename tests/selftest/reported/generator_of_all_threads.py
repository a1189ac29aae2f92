"""A library drew its ids from a generator: of two threads at once, one had a ValueError.

"generator already executing": nothing but one frame runs its code.  Here the names of segments come
from such a generator, which looks whether they are free.
"""

import os
import secrets

from tests.selftest.defects import _base, _memory
from tests.selftest.reported import _os_segment

REPORT = "https://github.com/googleapis/python-ndb/issues/715"
CAUGHT_BY = ("E1", "E7")


def free_names():
    while True:
        name = "/pi-" + secrets.token_hex(12)
        if not os.path.lexists("/dev/shm" + name):
            yield name


def naming(draw):
    """Return run; draw(): gives the name of a segment."""

    @_base.careful
    def run(n, workers):
        with _os_segment.unnamed(16 * workers, name=draw) as memory:
            return _memory.slots(memory, n, workers)

    return run


_names = free_names()
run = naming(lambda: next(_names))
