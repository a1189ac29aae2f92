"""A library signed with a key from its source, where no other was set: all users have the same.

Here the frames in a fifo are signed so.  What a worker of any other run has sent is good.
"""

import os

from tests.selftest.defects import _base, _fifo

REPORT = "https://github.com/wevm/mppx/pull/140"
CAUGHT_BY = ("G2", "G5")


class Known(_base.Seal):
    """Frames with a key that is no secret."""

    def __init__(self):
        super().__init__()
        self.mark = b"pi-frame"
        self.key = b"change me"


def sealed(seal):
    """Return run; seal(): gives what makes frames, and reads them."""

    @_base.careful
    def run(n, workers):
        frames = seal()
        with _fifo.private_directory() as directory:
            path = os.path.join(directory, "fifo")
            return _fifo.through(path, n, workers, pack=frames.pack, scan=frames.scan)

    return run


run = sealed(Known)
