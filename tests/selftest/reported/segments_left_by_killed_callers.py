"""Fast DDS filled /dev/shm with the segments of processes that had been killed, however big it was.

A process removes its segment when it ends.  Here the caller does so: its segment keeps its name up
to the end of the run, for the workers, and SIGKILL gives no time to remove it.
"""

import contextlib
import os

import posix_ipc

from tests.selftest.defects import _base
from tests.selftest.reported import _os_named, _os_segment

REPORT = "https://github.com/eProsima/Fast-DDS/issues/2790"
CAUGHT_BY = ("B3",)


@contextlib.contextmanager
def _removed_by_the_caller(names):
    caller = os.getpid()
    try:
        yield
    finally:
        for name in names if os.getpid() == caller else []:
            with contextlib.suppress(posix_ipc.ExistentialError):
                posix_ipc.unlink_shared_memory(name)


@_base.careful
def run(n, workers):
    return _os_named.through(n, workers)


_os_segment.removed_at_the_end = _removed_by_the_caller
