"""A log sought the end of its file and wrote there: what came in between was overwritten.

Here each worker appends its result to a file that all have open.  All begin when the last of them
has been started.
"""

import contextlib
import os

from tests.selftest.defects import _base, _file
from tests.selftest.reported import _os_gate

REPORT = "https://github.com/nightscout/Trio/pull/1449"
CAUGHT_BY = ("A2", "A6")


def appended(alone):
    """Return run; alone(fd): gives a context in which a worker appends to the file fd."""

    @_base.careful
    def run(n, workers):
        seal = _base.Seal()
        with _file.nameless() as file, _os_gate.gate(workers) as gate:
            fd = file.fileno()

            def work(number, value):
                gate.enter()
                with alone(fd):
                    end = os.lseek(fd, 0, os.SEEK_END)
                    _file.pwrite_all(fd, seal.pack(number, value), end)

            def take(_):
                return seal.scan(bytearray(_file.pread_all(fd, os.fstat(fd).st_size, 0)))

            return _base.total(_base.gather(n, workers, work, take, poller=gate))

    return run


run = appended(contextlib.nullcontext)
