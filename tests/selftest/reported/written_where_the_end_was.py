"""A log sought the end of its file and wrote there: what came in between was overwritten.

Here each worker appends its result to a file that all have open.
"""

import contextlib
import mmap
import os
import struct

from tests.selftest.defects import _base, _file

REPORT = "https://github.com/nightscout/Trio/pull/1449"
CAUGHT_BY = ("A2", "A6")
CODE = struct.Struct("@i")


def appended(alone):
    """Return run; alone(fd): gives a context in which a worker appends to the file fd."""

    @_base.careful
    def run(n, workers):
        seal = _base.Seal()
        with _file.nameless() as file, mmap.mmap(-1, CODE.size) as code:
            fd = file.fileno()

            def work(number, value):
                try:
                    with alone(fd):
                        end = os.lseek(fd, 0, os.SEEK_END)
                        _file.pwrite_all(fd, seal.pack(number, value), end)
                except OSError as error:
                    CODE.pack_into(code, 0, error.errno or 0)
                    raise

            def take(_):
                return seal.scan(bytearray(_file.pread_all(fd, os.fstat(fd).st_size, 0)))

            try:
                return _base.total(_base.gather(n, workers, work, take))
            except RuntimeError as error:
                (number,) = CODE.unpack_from(code)
                raise (OSError(number, str(error)) if number else error) from None

    return run


run = appended(contextlib.nullcontext)
