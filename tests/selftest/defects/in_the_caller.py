"""The workers do nothing; the caller computes."""

from tests.selftest.defects import honest

CAUGHT_BY = ("A5",)
_bounds = honest.bounds
honest.bounds = lambda n, workers: [(0, 0)] * workers


def run(n, workers):
    """Fork for show."""
    honest.run(n, workers)
    return honest.combine(honest.term_sum(lo, hi) for lo, hi in _bounds(n, workers))
