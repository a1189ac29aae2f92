"""A forked child got a lock that its parent held: both have the same open file description.

flock(2) locks the open file, which fork(2) shares.  Here the caller opens the lock file, and each
worker locks that: every one of them gets the lock at once.
"""

import fcntl
import os

from tests.selftest.defects import _base, _file
from tests.selftest.reported import _os_total

REPORT = "https://github.com/r-lib/filelock/issues/22"
CAUGHT_BY = ("A2",)


class Lock:
    """A lock on the open file that get(fd) gives, in each worker the first time."""

    def __init__(self, fd, get):
        self.fd = fd
        self.get = get
        self.own = None

    def acquire(self):
        if self.own is None:
            self.own = self.get(self.fd)
        fcntl.flock(self.own, fcntl.LOCK_EX)

    def release(self):
        fcntl.flock(self.own, fcntl.LOCK_UN)


def through(n, workers, get):
    with _file.nameless() as file:
        return _os_total.added(Lock(file.fileno(), get), n, workers)


def _inherited(fd):
    return os.dup(fd)


@_base.careful
def run(n, workers):
    return through(n, workers, _inherited)
