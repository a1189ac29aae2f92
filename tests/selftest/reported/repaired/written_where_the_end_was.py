"""Whoever appends has a lock on the file."""

import contextlib
import fcntl

from tests.selftest.reported import written_where_the_end_was as bug


@contextlib.contextmanager
def _locked(fd):
    fcntl.lockf(fd, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.lockf(fd, fcntl.LOCK_UN)


run = bug.appended(_locked)
