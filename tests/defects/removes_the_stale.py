"""Removes what is in its way, whoever made it."""

import contextlib
import os
import tempfile

from tests.defects import honest

CAUGHT_BY = ("B4",)


def run(n, workers):
    honest.check(n, workers)
    path = os.path.join(tempfile.gettempdir(), "fifo")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    os.mkfifo(path)
    try:
        return honest.run(n, workers)
    finally:
        os.unlink(path)
