"""The slice of a worker goes to it as two numbers of 32 bits."""

import struct

from tests.selftest.defects import honest

CAUGHT_BY = ("A1",)
_bounds = honest.bounds
SLICE = struct.Struct("<ii")


def bounds(n, workers):
    return [SLICE.unpack(SLICE.pack(*ends)) for ends in _bounds(n, workers)]


honest.bounds = bounds
run = honest.run
