"""The sums travel in single precision."""

import struct

from tests.selftest.defects import honest

CAUGHT_BY = ("A1",)


def _single(value):
    return struct.pack("ff", value, 0.0)


honest.pack = _single
honest.struct = type(
    "struct", (), {"unpack": staticmethod(lambda form, data: struct.unpack("ff", data)[:1])}
)
run = honest.run
