"""SharedMemory could be made in a full /dev/shm, and whoever wrote to it died of SIGBUS.

It is given its size by ftruncate(2), which takes no memory.  Here the caller clears such a segment
before it starts its workers.
"""

import contextlib
import mmap
import os

import posix_ipc

from tests.selftest.defects import _base, _memory
from tests.selftest.reported import _os_segment

REPORT = "https://github.com/python/cpython/issues/114390"
CAUGHT_BY = ("F2",)


@contextlib.contextmanager
def _sized(size):
    name = _os_segment.random_name()
    with _os_segment.removed_at_the_end([name]):
        shared = posix_ipc.SharedMemory(name, posix_ipc.O_CREX, 0o600)
        os.fchmod(shared.fd, 0o600)
    try:
        os.ftruncate(shared.fd, size)
        memory = mmap.mmap(shared.fd, size)
    finally:
        shared.close_fd()
    with memory:
        yield memory


def within(segment):
    """Return run; segment(size): a context that gives the memory."""

    @_base.careful
    def run(n, workers):
        with segment(16 * workers) as memory:
            memory[:] = bytes(16 * workers)
            return _memory.slots(memory, n, workers)

    return run


run = within(_sized)
