"""Frames are signed, by a key that workers have through fork(2), and who has connected is asked."""

import os

from tests.selftest.defects import _base, _socket


@_base.careful
def run(n, workers):
    with _socket.private_directory() as place:
        return _socket.unix(os.path.join(place, "socket"), n, workers)
