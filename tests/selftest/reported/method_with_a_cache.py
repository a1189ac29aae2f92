"""functools.lru_cache keeps all arguments of a method, self too: no such object was ever freed.

Here there is an object for each run, which has the slices of its workers.
"""

import functools

from tests.selftest.defects import honest

REPORT = "https://github.com/python/cpython/issues/96851"
CAUGHT_BY = ("B1",)
_bounds = honest.bounds


class Plan:
    """What each worker of a run does."""

    def __init__(self, n, workers):
        self.n, self.workers = n, workers

    @functools.cache  # noqa: B019 - the bug
    def slices(self):
        return _bounds(self.n, self.workers)


def planned(plan):
    """Return run; plan: a class like Plan."""
    honest.bounds = lambda n, workers: plan(n, workers).slices()
    return honest.run


run = planned(Plan)
