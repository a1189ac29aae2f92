"""The remainder of n / workers is dropped."""

from tests.selftest.defects import honest

CAUGHT_BY = ("A1",)


def _bounds(n, workers):
    size = n // workers
    return [(i * size, (i + 1) * size) for i in range(workers)]


honest.bounds = _bounds
run = honest.run
