"""Java removed files of other Javas: each name has a pid, and there was no such process here.

It was one in another container, with the same directory.  Here the names of segments begin with a
pid, and a run removes those of whom it takes for dead.
"""

import contextlib
import os
import re
import secrets

from tests.selftest.defects import _base, _memory
from tests.selftest.reported import _os_segment

REPORT = "https://github.com/openjdk/jdk/pull/9406"
CAUGHT_BY = ("B4",)
PLACE = "/dev/shm"
NAME = re.compile(r"pi-(\d+)-")


def _name():
    return f"/pi-{os.getpid()}-{secrets.token_hex(12)}"


def _sweep():
    with contextlib.suppress(OSError):
        for name in os.listdir(PLACE):
            found = NAME.match(name)
            if found and not os.path.exists(f"/proc/{found[1]}"):
                os.unlink(os.path.join(PLACE, name))


def beginning(first):
    """Return run; first(): done before there is a segment."""

    @_base.careful
    def run(n, workers):
        first()
        with _os_segment.unnamed(16 * workers, name=_name) as memory:
            return _memory.slots(memory, n, workers)

    return run


run = beginning(_sweep)
