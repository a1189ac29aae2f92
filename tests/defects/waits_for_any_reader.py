"""Workers open the fifo by name, and wait for ever if it is another one by then."""

import os
import tempfile

from tests.defects import _fifo

CAUGHT_BY = ("G2",)


def run(n, workers):
    """Open without O_NONBLOCK."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        return _fifo.through(os.path.join(place, "fifo"), n, workers, blocking=True)
