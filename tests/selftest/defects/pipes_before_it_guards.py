"""All pipes are opened first, and left open where there are not descriptors enough for all."""

import os

from tests.selftest.defects import honest

CAUGHT_BY = ("F1",)


def run(n, workers):
    """Find out whether there are enough, and close them again."""
    honest.check(n, workers)
    with_room = [os.pipe() for _ in range(workers)]
    for r, w in with_room:
        os.close(r)
        os.close(w)
    return honest.run(n, workers)
