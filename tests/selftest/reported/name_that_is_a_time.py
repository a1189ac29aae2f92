"""Tokens were UUIDs of version 1, which are a time and an address: whoever sees one tells the next.

Here the names of segments are such UUIDs, with the address that a container has.
"""

import itertools
import os
import uuid

from tests.selftest.defects import _base, _memory
from tests.selftest.reported import _os_segment

REPORT = "https://github.com/github/securitylab/issues/816"
CAUGHT_BY = ("G3",)
NODE = 0x0242AC110002  # 172.17.0.2, as an Ethernet address
_count = itertools.count()


def naming(name):
    """Return run; name(): gives the name of a segment."""

    @_base.careful
    def run(n, workers):
        with _os_segment.unnamed(16 * workers, name=name) as memory:
            return _memory.slots(memory, n, workers)

    return run


def _name():
    sequence = (os.getpid() + next(_count)) & 0x3FFF
    return f"/pi-{uuid.uuid1(NODE, sequence).hex}"


run = naming(_name)
