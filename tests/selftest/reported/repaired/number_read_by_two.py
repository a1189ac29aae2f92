"""Whoever uses the counter has a lock on the file."""

import contextlib
import fcntl

from tests.selftest.reported.number_read_by_two import counted


@contextlib.contextmanager
def _locked(fd):
    fcntl.lockf(fd, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.lockf(fd, fcntl.LOCK_UN)


run = counted(_locked)
