"""A program ignored each result of 0: it asked `if result`, where it meant that there is one.

Here a worker writes its sum to a place of its own in a file without a name.  A worker that has no
terms has a sum of 0.0, and the caller says that it has ended without a result.
"""

import math
import struct

from tests.selftest.defects import _base, _file

REPORT = "https://github.com/Linaro/squad/pull/421"
CAUGHT_BY = ("A1",)
SUM = struct.Struct("<d")


def through(n, workers, is_there):
    """Run; is_there(value): whether value is a result, and not what the file had before."""
    with _file.nameless() as file:
        fd = file.fileno()
        _file.pwrite_all(fd, SUM.pack(math.nan) * workers, 0)

        def work(number, value):
            _file.pwrite_all(fd, SUM.pack(value), SUM.size * number)

        def take(_):
            data = _file.pread_all(fd, SUM.size * workers, 0)
            values = enumerate(value for (value,) in SUM.iter_unpack(data))
            return {number: value for number, value in values if is_there(value)}

        return _base.total(_base.gather(n, workers, work, take))


def is_there(value):
    return not math.isnan(value)


@_base.careful
def run(n, workers):
    return through(n, workers, lambda value: is_there(value) and value)
