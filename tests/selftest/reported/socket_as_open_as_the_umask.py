"""A broker made the directory of its socket, and the socket, with whatever the umask gave them.

Where that is 0, any user can connect.  So it is here.
"""

import contextlib
import os
import tempfile

from tests.selftest.defects import _base, _fifo, _socket

REPORT = "https://github.com/nicobailon/pi-intercom/issues/17"
CAUGHT_BY = ("E4", "G1")


@contextlib.contextmanager
def _directory():
    place = tempfile.gettempdir()
    if len(os.fsencode(place)) > 34:  # a path of a socket has 107 bytes at most
        place = "/tmp"
    path = os.path.join(place, "pi-" + os.urandom(16).hex())
    with _base.guard(lambda: _fifo.remove_tree(path)):
        os.mkdir(path)
        yield path


@_base.careful
def run(n, workers):
    with _directory() as place:
        return _socket.unix(os.path.join(place, "socket"), n, workers, mode=None)
