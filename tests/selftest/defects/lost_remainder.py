"""The remainder of n / workers is dropped."""

from tests.selftest.defects import honest

CAUGHT_BY = (
    "A1",
    "A3",
    "A4",
    "B4",
    "E1",
    "E2",
    "E3",
    "E4",
    "E6",
    "E8",
)


def _bounds(n, workers):
    size = n // workers
    return [(i * size, (i + 1) * size) for i in range(workers)]


honest.bounds = _bounds
run = honest.run
