"""The worker that makes a file gives it its size then: another one maps it while it is empty.

https://github.com/dimensionalOS/dimos/issues/3671
"""

import functools
import mmap
import os
import struct

from tests.selftest.defects import _base, _fifo

CAUGHT_BY = ("A6",)
FOUND_BY = "stalls"
PLAIN = 0


def attach(path, size):
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return os.open(path, os.O_RDWR)
    os.truncate(fd, size)
    return fd


def through(attach, n, workers):
    with _fifo.private_directory() as place:
        path = os.path.join(place, "sums")

        def mapped():
            fd = attach(path, 16 * workers)
            try:
                return mmap.mmap(fd, 0)
            finally:
                os.close(fd)

        def work(number, value):
            with mapped() as memory:
                struct.pack_into("<dQ", memory, 16 * number, value, 1)

        def take(_):
            with mapped() as memory:
                slots = enumerate(struct.iter_unpack("<dQ", memory))
                return {number: value for number, (value, there) in slots if there}

        return _base.total(_base.gather(n, workers, work, take))


run = _base.careful(functools.partial(through, attach))
