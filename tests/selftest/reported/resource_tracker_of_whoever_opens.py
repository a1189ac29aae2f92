"""Opening somebody's shared memory was enough to have it unlinked when the opener ended.

multiprocessing.shared_memory tells a resource tracker of each segment that it opens.  A worker
has no tracker, so it starts one, a process that outlives it and the run.  It removes the segment
under the feet of later workers, and prints that objects were leaked.
"""

import contextlib
import os
from multiprocessing import shared_memory

import posix_ipc

from tests.selftest.defects import _base
from tests.selftest.reported import _os_segment

REPORT = "https://github.com/python/cpython/issues/104291"
CAUGHT_BY = ("B1", "E6")


def through(n, workers, write):
    """Run; a worker calls write(name of the segment, offset, its frame)."""
    seal = _base.Seal()
    name = _os_segment.random_name()
    with _os_segment.removed_at_the_end([name]), contextlib.ExitStack() as stack:
        shared = posix_ipc.SharedMemory(name, posix_ipc.O_CREX, 0o600)
        stack.callback(shared.close_fd)
        os.fchmod(shared.fd, 0o600)
        os.posix_fallocate(shared.fd, 0, seal.size * workers)

        def work(number, value):
            write(name, seal.size * number, seal.pack(number, value))

        def take(_):
            sums = {}
            for number in range(workers):
                sums |= seal.unpack(os.pread(shared.fd, seal.size, seal.size * number))
            return sums

        return _base.total(_base.gather(n, workers, work, take))


def _write(name, offset, frame):
    shared = shared_memory.SharedMemory(name)
    shared.buf[offset : offset + len(frame)] = frame
    shared.close()


@_base.careful
def run(n, workers):
    return through(n, workers, _write)
