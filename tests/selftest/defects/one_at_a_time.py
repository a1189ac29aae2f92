"""Connections are served one after the other: one that says nothing holds up all."""

import os

from tests.selftest.defects import _base, _socket

CAUGHT_BY = ("G5", "G6")


@_base.careful
def run(n, workers):
    """Accept, read to the end, and accept the next."""
    with _socket.private_directory() as place:
        return _socket.unix(os.path.join(place, "pi"), n, workers, trust=True, one_by_one=True)
