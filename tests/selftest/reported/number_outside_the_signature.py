"""A protocol signed the data of a packet, and not its header, which anybody could change.

Here the results come by a fifo.  The digest of a frame is that of the sum in it, and not of the
number that says whose sum it is.
"""

import os

from tests.selftest.defects import _base, _fifo

REPORT = "https://github.com/libcsp/libcsp/issues/45"
CAUGHT_BY = ("G5", "G2")


class Headed(_base.Seal):
    """Frames whose number is not signed."""

    def sign(self, body):
        mark, _, value = self.BODY.unpack(body)
        return super().sign(self.BODY.pack(mark, 0, value))


def through(n, workers, seal):
    with _fifo.private_directory() as directory:
        path = os.path.join(directory, "fifo")
        return _fifo.through(path, n, workers, pack=seal.pack, scan=seal.scan)


@_base.careful
def run(n, workers):
    return through(n, workers, Headed())
