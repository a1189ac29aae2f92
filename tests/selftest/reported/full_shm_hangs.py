"""joblib: Parallel hangs where /dev/shm is too small for what is sent.

A result is lost, and the worker lives on. Here each worker writes its sum to a file; one
that finds the file system full keeps silent, and waits for its next job.
"""

import contextlib
import os
import signal

from tests.selftest.defects import _base, _file

REPORT = "https://github.com/joblib/joblib/issues/513"
CAUGHT_BY = ("F2",)
pwrite_all = _file.pwrite_all  # that of all other modules


def through_a_file(write, reserve=lambda fd, size: None):
    """Return run.

    write: what a worker writes with, as os.pwrite.
    reserve: called with the file and its size in bytes, before workers are forked.
    """

    @_base.careful
    def run(n, workers):
        with _file.nameless() as file:
            reserve(file.fileno(), 9 * workers)
            return _file.through(file.fileno(), n, workers)

    _file.pwrite_all = write
    return run


def _write_or_wait(fd, data, offset):
    with contextlib.suppress(OSError):
        return pwrite_all(fd, data, offset)
    return signal.pause()


def allocate(fd, size):
    os.posix_fallocate(fd, 0, size)


run = through_a_file(_write_or_wait)
