"""A fifo between the workers and their caller, as more than one module makes it."""

import contextlib
import os
import struct

from tests.defects import _crowd, honest


def through(path, n, workers, *, mode=0o600, blocking=False, patience=60):
    """Run through a new fifo at *path*; a frame is a number and a sum."""
    honest.check(n, workers)
    os.mkfifo(path, mode)
    reader = writer = -1
    try:
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        writer = os.open(path, os.O_WRONLY)

        def work(number, value):
            flags = os.O_WRONLY if blocking else os.O_WRONLY | os.O_NONBLOCK
            os.write(os.open(path, flags), struct.pack("<Id", number, value))

        sums = {}
        with _crowd.crowd(n, workers, work):
            while len(sums) < workers:
                _crowd.readable(reader, patience)
                number, value = struct.unpack("<Id", os.read(reader, 12))
                sums[number] = value
            return _crowd.total(sums.values())
    finally:
        for fd in (reader, writer):
            if fd >= 0:
                os.close(fd)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
