"""No more than 61 processes, whatever was asked for, as some pools have on Windows."""

from tests.selftest.defects import honest

CAUGHT_BY = ("A5",)


def run(n, workers):
    honest.check(n, workers)
    return honest.run(n, min(workers, 61))
