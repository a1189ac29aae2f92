"""A protocol had a CRC in its packets. Whoever forges a packet can compute that, too.

Here the frames in a System V queue have one, and no secret of the run.
"""

import struct
import zlib

from tests.selftest.defects import _base, _queue

REPORT = "https://github.com/faydr/QMesh/issues/96"
CAUGHT_BY = ("G5", "G2")


class Checksums(_base.Seal):
    """Frames with a checksum."""

    def __init__(self):
        super().__init__()
        self.mark = b"pi-frame"

    def sign(self, body):
        return struct.pack("<I12x", zlib.crc32(body))


def sealed(seal):
    """Return run; seal(): gives what makes frames, and reads them."""

    @_base.careful
    def run(n, workers):
        with _queue.keyed() as queue:
            return _queue.through(queue, n, workers, seal=seal())

    return run


run = sealed(Checksums)
