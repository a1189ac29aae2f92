"""The caller reads what is new in a file by its size, and asks for the size again afterwards.

https://github.com/bitsocialnet/bitsocial-cli/pull/79
"""

import functools
import os

from tests.selftest.defects import _base, _file
from tests.selftest.races import _parts

CAUGHT_BY = ("A6",)
FOUND_BY = "stalls"
PLAIN = 1


def read_on(fd, done):
    """Return what is in a file from *done* on, and up to where it was read."""
    data = os.pread(fd, os.fstat(fd).st_size - done, done)
    return data, os.fstat(fd).st_size


def through(read_on, n, workers):
    with _file.nameless() as file:
        done = 0

        def work(number, value):
            with _parts.opened_again(file.fileno(), os.O_WRONLY | os.O_APPEND) as fd:
                os.write(fd, _parts.FRAME.pack(number, value))

        def take(_):
            nonlocal done
            data, done = read_on(file.fileno(), done)
            return _parts.frames(data)

        return _base.total(_base.gather(n, workers, work, take))


run = _base.careful(functools.partial(through, read_on))
