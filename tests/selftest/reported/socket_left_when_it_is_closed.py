"""asyncio: a server on a Unix socket was closed, and the file of its socket stayed.

close(2) does not remove the name.  Here the workers of a run connect to a socket in the temporary
directory, which the caller closes at the end.
"""

import contextlib
import os
import tempfile

from tests.selftest.defects import _base, _fifo, _socket

REPORT = "https://github.com/python/cpython/issues/111246"
CAUGHT_BY = ("B1",)
ROOM = 60  # of the 108 bytes of a socket path


def served(at):
    """Return run; at(path): a context for the time in which there is a socket at path."""

    @_base.careful
    def run(n, workers):
        place = tempfile.gettempdir()
        if len(os.fsencode(place)) > ROOM:
            place = "/tmp"
        with at(os.path.join(place, "pi-" + os.urandom(16).hex())) as path:
            return _socket.unix(path, n, workers)

    return run


removed = _fifo.at
run = served(contextlib.nullcontext)
