"""A process was killed while it held a lock that is a file: all others waited for it for ever.

Nobody removes the file.  Here workers enter their results in a list in shared memory, and make a
lock file for that time.  The caller makes it too when it reads the list at the end of a worker.
"""

import contextlib
import mmap
import os
import struct
import time

from tests.selftest.defects import _base, _fifo

REPORT = "https://github.com/tox-dev/filelock/pull/476"
CAUGHT_BY = ("C1",)
COUNT, ENTRY = struct.Struct("@Q"), struct.Struct("<Id")


def through(n, workers, locked, reading):
    """Run; locked, reading: give the contexts in which the list is written, and read."""
    with mmap.mmap(-1, COUNT.size + ENTRY.size * workers) as memory:

        def work(number, value):
            with locked():
                (count,) = COUNT.unpack_from(memory)
                ENTRY.pack_into(memory, COUNT.size + ENTRY.size * count, number, value)
                COUNT.pack_into(memory, 0, count + 1)

        def take(_):
            with reading():
                (count,) = COUNT.unpack_from(memory)
                return dict(ENTRY.iter_unpack(memory[COUNT.size : COUNT.size + ENTRY.size * count]))

        return _base.total(_base.gather(n, workers, work, take))


def _lock_file(path):
    @contextlib.contextmanager
    def locked():
        while True:
            try:
                fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
                break
            except FileExistsError:
                time.sleep(0.005)
        os.close(fd)
        try:
            yield
        finally:
            os.unlink(path)

    return locked


@_base.careful
def run(n, workers):
    with _fifo.private_directory() as directory:
        locked = _lock_file(os.path.join(directory, "lock"))
        return through(n, workers, locked, locked)
