"""A daemon did what it was told by its Unix socket, and any process of its user could tell it.

Here a worker says by a Unix socket which slice it has, and what the sum is.  Nobody asks who has
connected, and nothing that was said has to be signed.
"""

import os
import struct

from tests.selftest.defects import _base, _socket

REPORT = "https://github.com/vellum-ai/vellum-assistant/pull/3375"
CAUGHT_BY = ("G2",)
FRAME = struct.Struct("<Id")


def _unpack(data):
    return dict([FRAME.unpack(data)]) if len(data) == FRAME.size else {}


@_base.careful
def run(n, workers):
    with _socket.private_directory() as place:
        path = os.path.join(place, "socket")
        return _socket.unix(
            path, n, workers, pack=FRAME.pack, unpack=_unpack, size=FRAME.size, trust=True
        )
