"""asyncio: a server on a Unix socket was closed, and the file of its socket stayed.

close(2) does not remove the name.  Here the workers of a run connect to a socket in a directory of
the run, which is removed if nothing is in it.
"""

import contextlib
import os
import tempfile

from tests.selftest.defects import _base, _socket

REPORT = "https://github.com/python/cpython/issues/111246"
CAUGHT_BY = ("B1",)
ROOM = 60  # of the 108 bytes of a socket path


@contextlib.contextmanager
def _removed_if_empty():
    place = tempfile.gettempdir()
    if len(os.fsencode(place)) > ROOM:
        place = "/tmp"
    path = os.path.join(place, "pi-" + os.urandom(16).hex())

    def remove():
        with contextlib.suppress(OSError):
            os.rmdir(path)

    with _base.guard(remove):
        os.mkdir(path, 0o700)
        os.chmod(path, 0o700)
        yield path


def served(directory):
    """Return run; directory(): a context that gives the directory of the socket."""

    @_base.careful
    def run(n, workers):
        with directory() as place:
            return _socket.unix(os.path.join(place, "socket"), n, workers)

    return run


run = served(_removed_if_empty)
