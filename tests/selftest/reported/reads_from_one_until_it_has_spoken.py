"""PyKMIP waited without limit for a client that had connected and said nothing, and served nobody.

Here the caller reads from one connection after the other until it has all of a frame, or the end.
"""

import os

from tests.selftest.defects import _base, _socket

REPORT = "https://github.com/OpenKMIP/PyKMIP/pull/432"
CAUGHT_BY = ("G6",)


def served(**how):
    """Return run; how: what _socket.unix takes."""

    @_base.careful
    def run(n, workers):
        with _socket.private_directory() as path:
            return _socket.unix(os.path.join(path, "socket"), n, workers, **how)

    return run


run = served(trust=True, one_by_one=True)
