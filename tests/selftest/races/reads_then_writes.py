"""Each worker reads a total from a file, adds to it, and writes it: an update is lost."""

import os

from tests.selftest.defects import _base, _file

SCALE = 1 << 100


@_base.careful
def run(n, workers):
    with _file.nameless() as file, _base.ticks(workers) as added:
        fd = file.fileno()
        _file.pwrite_all(fd, bytes(32), 0)

        def work(number, value):
            total = int.from_bytes(os.pread(fd, 32, 0), "little") + int(value * SCALE)
            os.pwrite(fd, total.to_bytes(32, "little"), 0)
            added[number] = 1

        def take(_):
            return {number: 0.0 for number in range(workers) if added[number]}

        _base.gather(n, workers, work, take)
        return _base.total({0: int.from_bytes(os.pread(fd, 32, 0), "little") / SCALE})
