"""A job failed by "AF_UNIX path too long": multiprocessing had its socket in TMPDIR.

The path of a Unix socket has 108 bytes at most (unix(7)).  Here the socket is in a directory that
tempfile.gettempdir() names, however long that is.
"""

import os

from tests.selftest.defects import _base, _fifo, _socket

REPORT = "https://github.com/broadinstitute/cromwell/issues/3647"
CAUGHT_BY = ("E4",)


def through(n, workers, directory):
    """Run; directory() is the private directory of the socket, as a context."""
    with directory() as place:
        return _socket.unix(os.path.join(place, "socket"), n, workers)


@_base.careful
def run(n, workers):
    return through(n, workers, _fifo.private_directory)
