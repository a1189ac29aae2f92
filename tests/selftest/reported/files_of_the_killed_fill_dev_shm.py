"""joblib: large files stayed in /dev/shm after the program was killed; the next had no room.

Here the segment of a run is removed by its caller, on each way out of `run`.  SIGKILL is none.
"""

import contextlib
import os

import posix_ipc

from tests.selftest.defects import _base
from tests.selftest.reported import _os_named, _os_segment

REPORT = "https://github.com/joblib/joblib/issues/198"
CAUGHT_BY = ("B3",)
guarded = _os_segment.removed_at_the_end


@contextlib.contextmanager
def removed_by_the_caller(names):
    caller = os.getpid()
    try:
        yield
    finally:
        for name in names if os.getpid() == caller else ():
            with contextlib.suppress(posix_ipc.ExistentialError):
                posix_ipc.unlink_shared_memory(name)


def sharing(removed):
    """Return run; removed(names): a context at whose end the segments are removed."""

    @_base.careful
    def run(n, workers):
        return _os_named.through(n, workers)

    _os_segment.removed_at_the_end = removed
    return run


run = sharing(removed_by_the_caller)
