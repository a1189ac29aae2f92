"""The sums travel in single precision."""

import struct

from tests.selftest.defects import honest

CAUGHT_BY = (
    "A1",
    "A2",
    "A3",
    "A4",
    "A5",
    "B4",
    "C3",
    "C6",
    "C11",
    "D1",
    "D2",
    "E1",
    "E2",
    "E3",
    "E4",
    "E6",
    "E7",
    "E8",
    "F1",
    "F2",
    "F3",
    "G1",
    "G2",
    "G3",
    "G4",
    "G5",
    "G6",
)


def _single(value):
    return struct.pack("ff", value, 0.0)


honest.pack = _single
honest.struct = type(
    "struct", (), {"unpack": staticmethod(lambda form, data: struct.unpack("ff", data)[:1])}
)
run = honest.run
