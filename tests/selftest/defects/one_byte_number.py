"""The number of a worker travels in one byte: the 257th is taken for the first."""

import struct

from tests.selftest.defects import _base, _mqueue

CAUGHT_BY = ("A1",)


@_base.careful
def run(n, workers):
    """Trust that nobody has so many."""
    with _mqueue.unnamed(size=9) as queue:
        return _mqueue.through(
            queue, n, workers, frame=struct.Struct("<Bd"), key=lambda number: number & 255
        )
