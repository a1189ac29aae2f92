"""The caller takes the end of file of a fifo for the end of all: none had it open for a moment.

https://github.com/nxgtw/go-ipc/issues/2
"""

import functools
import os

from tests.selftest.defects import _base, _fifo
from tests.selftest.races import _parts

CAUGHT_BY = ("A6",)
FOUND_BY = "stalls"
PLAIN = 78


def through(also_writes, n, workers):
    with _fifo.private_directory() as place:
        path = os.path.join(place, "sums")
        os.mkfifo(path, 0o600)
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        writer = os.open(path, os.O_WRONLY) if also_writes else None
        try:

            def work(number, value):
                with open(path, "wb", buffering=0) as fifo:
                    fifo.write(_parts.FRAME.pack(number, value))

            def take(fd):
                if fd is None:
                    return _parts.frames(_parts.read_all(reader))
                data = os.read(reader, 4096)
                # At the end of file, those that have said nothing have nothing to say.
                return _parts.frames(data) if data else dict.fromkeys(missing(), 0.0)

            heard = {}

            def noted(fd):
                heard.update(take(fd))
                return heard

            def missing():
                return set(range(workers)) - set(heard)

            return _base.total(_parts.gather(n, workers, work, noted, reader))
        finally:
            os.close(reader)
            if writer is not None:
                os.close(writer)


run = _base.careful(functools.partial(through, False))
