"""filelock removed the lock file when it released it: two processes held the lock at once.

A worker waits for flock(2) on a file that the holder removes before it closes it.  The next one
makes a new file of that name and locks that.  Both then add to the total: what one adds is lost.
How often depends on how many wait: some runs in a hundred on two processors.
"""

import contextlib
import fcntl
import os

from tests.selftest.defects import _base, _fifo
from tests.selftest.reported import _os_total

REPORT = "https://github.com/tox-dev/filelock/issues/574"
CAUGHT_BY = ("A2",)


class Lock:
    """A lock on the file at path."""

    def __init__(self, path, removes):
        self.path = path
        self.removes = removes

    def acquire(self):
        self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self.fd, fcntl.LOCK_EX)

    def release(self):
        if self.removes:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path)
        os.close(self.fd)


@_base.careful
def run(n, workers):
    with _fifo.private_directory() as directory:
        return _os_total.added(Lock(os.path.join(directory, "lock"), True), n, workers)
