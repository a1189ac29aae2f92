"""The file stays, and the lock is one of flock(2), which goes with its holder."""

import contextlib
import fcntl
import os

from tests.selftest.reported import lock_file_still_empty as bug


@contextlib.contextmanager
def _flock(path):
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


run = bug.adding(_flock)
