"""Removes what is in its way, whoever made it."""

import contextlib
import os
import tempfile

from tests.selftest.defects import honest

CAUGHT_BY = ("B4",)


def run(n, workers):
    honest.check(n, workers)
    with contextlib.suppress(OSError):
        os.unlink(os.path.join(tempfile.gettempdir(), "fifo"))
    return honest.run(n, workers)
