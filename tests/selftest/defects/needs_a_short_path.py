"""A Unix socket in the temporary directory, however long the path of that is."""

import os

from tests.selftest.defects import _base, _fifo, _socket

CAUGHT_BY = ("E4",)


@_base.careful
def run(n, workers):
    with _fifo.private_directory() as place:
        return _socket.unix(os.path.join(place, "socket"), n, workers)
