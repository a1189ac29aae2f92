"""Results are kept in a file of bare numbers, which others of the same user can change."""

import os
import tempfile

from tests.selftest.defects import _base, _fifo, _file

CAUGHT_BY = ("G5",)


@_base.careful
def run(n, workers):
    """Let each worker write to its place."""
    path = os.path.join(tempfile.gettempdir(), "pi-" + os.urandom(16).hex())
    with _fifo.at(path):
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            return _file.through(fd, n, workers)
        finally:
            os.close(fd)
