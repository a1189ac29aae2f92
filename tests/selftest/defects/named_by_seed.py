"""A fifo whose random name comes from a generator that the caller may have seeded."""

import os
import random
import tempfile

from tests.selftest.defects import _base, _fifo

CAUGHT_BY = ("E6", "G3")


@_base.careful
def run(n, workers):
    """Draw 64 bits."""
    path = os.path.join(tempfile.gettempdir(), f"pi-{random.getrandbits(64):016x}")
    with _fifo.at(path):
        return _fifo.through(path, n, workers)
