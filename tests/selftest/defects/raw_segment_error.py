"""Results are in a System V segment; that it is longer than shmmax, its error does not say."""

import ctypes
import errno
import os

from tests.selftest.defects import honest

CAUGHT_BY = ("F3",)
PRIVATE, REMOVE = 0, 0
_libc = ctypes.CDLL(None, use_errno=True)


@honest.careful
def run(n, workers):
    segment = _libc.shmget(PRIVATE, 4096, 0o600)
    if segment < 0:
        error = ctypes.get_errno()
        limits = " (limit: shmmni)" if error == errno.ENOSPC else ""
        raise OSError(error, os.strerror(error) + limits)
    _libc.shmctl(segment, REMOVE, None)
    return honest.run(n, workers)
