"""A fifo whose name is told by the number of the process."""

import os
import tempfile

from tests.defects import _fifo

CAUGHT_BY = ("G3",)


def run(n, workers):
    """Be unique, but no secret."""
    return _fifo.through(os.path.join(tempfile.gettempdir(), f"pi-{os.getpid()}"), n, workers)
