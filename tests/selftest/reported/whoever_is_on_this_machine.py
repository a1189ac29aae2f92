"""A server let everybody in who came from the same machine, and took them for its own user.

A port of the loopback interface is open to all users.  Here a worker sends its number and its sum
to such a port, without a signature, and nobody asks who has connected.
"""

import struct

from tests.selftest.defects import _base, _socket

REPORT = "https://github.com/OpenCoven/coven-cave/pull/4483"
CAUGHT_BY = ("G1", "G2", "G5")
FRAME = struct.Struct("<Id")


def _unpack(data):
    return dict([FRAME.unpack(data)]) if len(data) == FRAME.size else {}


@_base.careful
def run(n, workers):
    return _socket.tcp(n, workers, pack=FRAME.pack, unpack=_unpack, size=FRAME.size, trust=True)
