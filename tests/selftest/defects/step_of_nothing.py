"""Slices are cut by a step of n / workers terms, which is 0 where there are more workers."""

from tests.selftest.defects import honest

CAUGHT_BY = ("A1",)


def _bounds(n, workers):
    size = n // workers
    starts = list(range(0, n, size))[:workers]
    ends = [*starts[1:], n]
    return list(zip(starts, ends, strict=True))


honest.bounds = _bounds
run = honest.run
