"""Opening somebody's shared memory was enough to have it unlinked when the opener ended.

multiprocessing.shared_memory tells a resource tracker of each segment that it opens.  A worker
has no tracker, so it starts one: a process that outlives it, and the run.  It removes the segment
while later workers still need it, and prints that objects were leaked.
"""

from multiprocessing import shared_memory

from tests.selftest.defects import _base
from tests.selftest.reported import _os_named

REPORT = "https://github.com/python/cpython/issues/104291"
CAUGHT_BY = ("B1", "E6")


def _write(name, offset, frame):
    shared = shared_memory.SharedMemory(name[1:])
    shared.buf[offset : offset + len(frame)] = frame
    shared.close()


@_base.careful
def run(n, workers):
    return _os_named.through(n, workers, write=_write)
