"""memray died of SIGBUS on a full disk: its file grew by one byte that was written at the new end.

All before that is a hole.  Here a file in /dev/shm, with a page for each worker, is made so.
"""

import mmap
import os

from tests.selftest.defects import _base, _memory

REPORT = "https://github.com/bloomberg/memray/pull/117"
CAUGHT_BY = ("F2",)
SLOT = 16  # of _memory.slots
PER_PAGE = mmap.PAGESIZE // SLOT


def mapped(lengthen):
    """Return run; lengthen(fd, size): gives the file its size."""

    @_base.careful
    def run(n, workers):
        size = mmap.PAGESIZE * workers
        fd = os.open("/dev/shm", os.O_TMPFILE | os.O_RDWR, 0o600)
        try:
            lengthen(fd, size)
            memory = mmap.mmap(fd, size)
        finally:
            os.close(fd)
        with memory:
            return _memory.slots(memory, n, workers, place=lambda number: PER_PAGE * number)

    return run


run = mapped(lambda fd, size: os.pwrite(fd, b"\0", size - 1))
