"""Takes a timeout, and does not keep it."""

from tests.selftest.defects import honest

CAUGHT_BY = ("D3",)


def run(n, workers, timeout=None):
    return honest.run(n, workers)
