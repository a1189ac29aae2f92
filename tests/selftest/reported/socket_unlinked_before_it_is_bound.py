"""A daemon unlinked its socket before it bound it, so that it starts after a crash.

unlink(2) removes also the socket of a process that is alive, and a file that never was a socket.
The path is the same for every run of a user.
"""

import contextlib
import os
import tempfile

from tests.selftest.defects import _base, _fifo, _socket

REPORT = "https://github.com/yasuyuky/sectora/pull/301"
CAUGHT_BY = ("B4", "E1", "G3")


@_base.careful
def run(n, workers):
    path = os.path.join(tempfile.gettempdir(), f"pi-{os.getuid()}.sock")
    if len(os.fsencode(path)) > 107:
        path = os.path.join("/tmp", os.path.basename(path))
    with _fifo.at(path):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        return _socket.unix(path, n, workers)
