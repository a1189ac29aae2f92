"""Readers of a database got bytes of elsewhere after a fork: the file position is shared.

Here workers write their slots of one file by lseek(2) and write(2).  Between the two of one
worker those of another may come: a slot stays empty, and another has the wrong sum or the right.
"""

import os

from tests.selftest.defects import _base, _file

REPORT = "https://github.com/maxmind/MaxMind-DB-Reader-python/pull/12"
CAUGHT_BY = ("A2",)
at_once = _file.pwrite_all


def seek_and_write(fd, data, offset):
    os.lseek(fd, offset, os.SEEK_SET)
    while data:
        data = data[os.write(fd, data) :]


_file.pwrite_all = seek_and_write


@_base.careful
def run(n, workers):
    with _file.nameless() as file:
        return _file.through(file.fileno(), n, workers)
