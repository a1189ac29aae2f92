"""Whoever connects to the socket and says twelve bytes is taken for a worker."""

import os
import struct

from tests.selftest.defects import _base, _socket

CAUGHT_BY = ("G2", "G5")
FRAME = struct.Struct("<Id")


def _unpack(frame):
    return dict([FRAME.unpack(frame)]) if len(frame) == FRAME.size else {}


@_base.careful
def run(n, workers):
    with _socket.private_directory() as place:
        return _socket.unix(
            os.path.join(place, "pi"),
            n,
            workers,
            pack=FRAME.pack,
            unpack=_unpack,
            size=FRAME.size,
            trust=True,
        )
