"""The caller removes the name of a file when the first worker has used it: others have yet to.

https://github.com/dmtcp/dmtcp/pull/154
"""

import functools
import os

from tests.selftest.defects import _base, _fifo
from tests.selftest.races import _parts

CAUGHT_BY = ("A6",)
FOUND_BY = "stalls"
PLAIN = 85


def through(enough, n, workers):
    with _fifo.private_directory() as place:
        path = os.path.join(place, "sums")
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:

            def work(number, value):
                with open(path, "r+b", buffering=0) as file:
                    _parts.put(file.fileno(), number, value)

            def take(_):
                sums = _parts.there(fd, workers)
                if len(sums) >= enough(workers) and os.path.exists(path):
                    os.unlink(path)
                return sums

            return _base.total(_parts.gather(n, workers, work, take))
        finally:
            os.close(fd)


run = _base.careful(functools.partial(through, lambda workers: 1))
