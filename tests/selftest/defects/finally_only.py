"""Removes its fifo in `finally`: not when a signal ends the caller."""

import os
import tempfile

from tests.selftest.defects import _base, _fifo

CAUGHT_BY = (
    "B2",
    "B3",
    "E8",
    "F1",
)


@_base.careful
def run(n, workers):
    path = os.path.join(tempfile.mkdtemp(), "fifo")
    os.chmod(os.path.dirname(path), 0o700)
    try:
        return _fifo.through(path, n, workers)
    finally:
        _fifo.remove_tree(os.path.dirname(path))
