"""Opens up the umask for its fifo and leaves it so."""

import os

from tests.selftest.defects import honest

CAUGHT_BY = ("E6",)


def run(n, workers):
    honest.check(n, workers)
    os.umask(0)
    return honest.run(n, workers)
