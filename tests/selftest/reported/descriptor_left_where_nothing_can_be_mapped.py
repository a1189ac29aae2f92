"""A shared buffer's descriptor was closed when it had been mapped, and left when that failed.

Here the caller has a memory file for each run, and closes its descriptor only once it is mapped:
where mmap(2) fails, the descriptor stays open.
"""

import mmap
import os

from tests.selftest.defects import _base, _memory

REPORT = "https://github.com/ValveSoftware/gamescope/pull/2095"
CAUGHT_BY = ("F1",)


def through(n, workers, mapped):
    """Run; mapped(fd, size) maps the open file, and closes it."""
    fd = os.memfd_create("pi")
    try:
        os.posix_fallocate(fd, 0, 16 * workers)
    except OSError:
        os.close(fd)
        raise
    with mapped(fd, 16 * workers) as memory:
        return _memory.slots(memory, n, workers)


def _mapped(fd, size):
    memory = mmap.mmap(fd, size)
    os.close(fd)
    return memory


@_base.careful
def run(n, workers):
    """Map it: mmap.mmap duplicates the descriptor, which fails where there is no other."""
    return through(n, workers, _mapped)
