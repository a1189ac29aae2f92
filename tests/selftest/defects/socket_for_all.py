"""A Unix socket with the mode that the umask leaves, in a directory for all."""

import os
import tempfile

from tests.selftest.defects import _base, _fifo, _socket

CAUGHT_BY = (
    "E4",
    "G1",
)


@_base.careful
def run(n, workers):
    path = os.path.join(tempfile.gettempdir(), os.urandom(8).hex())[-100:]
    with _fifo.at(path):
        return _socket.unix(path, n, workers, mode=None)
