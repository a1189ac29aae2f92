"""A fifo in a private directory, with frames that anybody of the same user can make."""

import os
import struct

from tests.selftest.defects import _base, _fifo

CAUGHT_BY = ("G5",)
FRAME = struct.Struct("<Id")


def _scan(stream):
    sums = {}
    while len(stream) >= FRAME.size:
        number, value = FRAME.unpack(stream[: FRAME.size])
        sums[number] = value
        del stream[: FRAME.size]
    return sums


@_base.careful
def run(n, workers):
    with _fifo.private_directory() as place:
        path = os.path.join(place, "fifo")
        return _fifo.through(path, n, workers, pack=FRAME.pack, scan=_scan)
