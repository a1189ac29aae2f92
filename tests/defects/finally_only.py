"""Removes its fifo in `finally`: not when a signal ends the caller."""

import os
import tempfile

from tests.defects import honest

CAUGHT_BY = ("B2", "B3")


def run(n, workers):
    honest.check(n, workers)
    directory = tempfile.mkdtemp()
    path = os.path.join(directory, "fifo")
    os.mkfifo(path)
    try:
        return honest.run(n, workers)
    finally:
        os.unlink(path)
        os.rmdir(directory)
