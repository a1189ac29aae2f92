"""A fifo whose random name comes from a generator that the caller may have seeded."""

import os
import random
import tempfile

from tests.defects import _fifo

CAUGHT_BY = ("G3",)


def run(n, workers):
    """Draw 64 bits."""
    name = f"pi-{random.getrandbits(64):016x}"
    return _fifo.through(os.path.join(tempfile.gettempdir(), name), n, workers)
