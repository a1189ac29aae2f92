"""A ring buffer in /dev/shm was made world-writable, so that a program of another user can open it.

chmod to 0666 follows the creation, whatever the umask.  The name is there for a moment only, but
whoever opens the segment in this moment can write all results.
"""

from tests.selftest.defects import _base, _memory
from tests.selftest.reported import _os_segment

REPORT = "https://github.com/tenstorrent/tt-metal/pull/41667"
CAUGHT_BY = ("G1",)


def through(n, workers, mode):
    with _os_segment.unnamed(16 * workers, mode=mode) as memory:
        return _memory.slots(memory, n, workers)


@_base.careful
def run(n, workers):
    return through(n, workers, 0o666)
