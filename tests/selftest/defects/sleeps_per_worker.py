"""A moment of sleep between two workers, so that they do not all start at once."""

import time

from tests.selftest.defects import honest

CAUGHT_BY = ("D2",)
_bounds = honest.bounds


def _slowly(n, workers):
    for bounds in _bounds(n, workers):
        time.sleep(0.03)
        yield bounds


honest.bounds = _slowly
run = honest.run
