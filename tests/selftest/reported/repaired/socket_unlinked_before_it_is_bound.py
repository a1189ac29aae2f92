"""The socket is in a directory of the run's own, where there is nothing to unlink."""

import os

from tests.selftest.defects import _base, _socket


@_base.careful
def run(n, workers):
    with _socket.private_directory() as directory:
        return _socket.unix(os.path.join(directory, "socket"), n, workers)
