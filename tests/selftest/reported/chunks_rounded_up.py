"""164 items went to 16 processes in chunks of 11: the sixteenth had none, and an invalid index.

A chunk has ceil(items / processes), so there may be fewer chunks than processes.  Here a worker
takes the chunk that has its own number.
"""

import math

from tests.selftest.defects import honest

REPORT = "https://github.com/SeismicData/pyasdf/issues/6"
CAUGHT_BY = ("A1",)
_send = honest.send
even = honest.bounds


def _chunks(n, workers):
    size = math.ceil(n / workers)
    return [(lo, min(lo + size, n)) for lo in range(0, n, size)] if n else []


def numbered(chunks):
    """Return run; chunks: gives the bounds of all chunks for n terms and so many workers."""

    def bounds(n, workers):
        cut = chunks(n, workers)
        return [(cut, number) for number in range(workers)]

    def send(fd, cut, number):
        _send(fd, *cut[number])

    honest.bounds, honest.send = bounds, send
    return honest.run


run = numbered(_chunks)
