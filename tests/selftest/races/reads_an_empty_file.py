"""The caller reads a file when its name is there, which is before its content is.

https://github.com/open-mpi/ompi/pull/1246
"""

import functools
import os
import struct

from tests.selftest.defects import _base, _fifo

CAUGHT_BY = ("A6",)
FOUND_BY = "stalls"
PLAIN = 0


def write(path, data):
    with open(path, "wb", buffering=0) as file:
        file.write(data)


def through(write, n, workers):
    with _fifo.private_directory() as place:
        sums = {}

        def work(number, value):
            write(os.path.join(place, str(number)), struct.pack("d", value))

        def take(_):
            for name in os.listdir(place):
                if name.isdigit() and int(name) not in sums:
                    with open(os.path.join(place, name), "rb") as file:
                        sums[int(name)] = struct.unpack("d", file.read())[0]
            return sums

        return _base.total(_base.gather(n, workers, work, take))


run = _base.careful(functools.partial(through, write))
