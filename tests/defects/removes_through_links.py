"""A directory is emptied by its name, also when that has become a link to another one."""

import contextlib
import os
import tempfile

from tests.defects import _fifo

CAUGHT_BY = ("G3",)


def run(n, workers):
    """Tidy up by hand."""
    place = tempfile.mkdtemp()
    try:
        return _fifo.through(os.path.join(place, "fifo"), n, workers, patience=0.5)
    finally:
        for name in os.listdir(place):
            os.unlink(os.path.join(place, name))
        with contextlib.suppress(NotADirectoryError):
            os.rmdir(place)
