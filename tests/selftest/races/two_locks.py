"""Workers of even and of odd numbers take two locks in two orders: each has one, for ever."""

import fcntl
import os
import struct
import tempfile

from tests.selftest.defects import _base, _file


@_base.careful
def run(n, workers):
    place = tempfile.mkdtemp()
    paths = [os.path.join(place, name) for name in "ab"]
    for path in paths:
        open(path, "w").close()
    try:
        with _file.nameless() as file:
            fd = file.fileno()

            def work(number, value):
                order = paths if number % 2 else paths[::-1]
                with open(order[0]) as one, open(order[1]) as two:
                    fcntl.flock(one, fcntl.LOCK_EX)
                    fcntl.flock(two, fcntl.LOCK_EX)
                    _file.pwrite_all(fd, struct.pack("<d", value) + b"!", 9 * number)

            def take(_):
                sums = {}
                for number in range(workers):
                    slot = _file.pread_all(fd, 9, 9 * number)
                    if slot[-1:] == b"!" and len(slot) == 9:
                        sums[number] = struct.unpack("<d", slot[:-1])[0]
                return sums

            return _base.total(_base.gather(n, workers, work, take))
    finally:
        for path in paths:
            os.unlink(path)
        os.rmdir(place)
