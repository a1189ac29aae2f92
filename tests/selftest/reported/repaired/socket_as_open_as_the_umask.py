"""Both are for this user alone, whatever the umask."""

import os

from tests.selftest.defects import _base, _socket


@_base.careful
def run(n, workers):
    with _socket.private_directory() as place:
        return _socket.unix(os.path.join(place, "socket"), n, workers)
