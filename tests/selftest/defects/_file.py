"""A file without a name, which workers and caller have open: a slot for each."""

import os
import struct
import tempfile

from tests.selftest.defects import _base


def nameless():
    return tempfile.TemporaryFile(buffering=0)


def pwrite_all(fd, data, offset):
    while data:
        done = os.pwrite(fd, data, offset)
        data, offset = data[done:], offset + done


def pread_all(fd, size, offset):
    data = b""
    while len(data) < size and (more := os.pread(fd, size - len(data), offset + len(data))):
        data += more
    return data


def through(fd, n, workers, *, form="<d"):
    """Run with a slot of 9 bytes a worker: its sum, and a mark that it is there."""
    size = struct.calcsize(form) + 1

    def work(number, value):
        pwrite_all(fd, struct.pack(form, value) + b"!", size * number)

    def take(_):
        sums = {}
        for number in range(workers):
            slot = pread_all(fd, size, size * number)
            if slot[-1:] == b"!" and len(slot) == size:
                sums[number] = struct.unpack(form, slot[:-1])[0]
        return sums

    return _base.total(_base.gather(n, workers, work, take))
