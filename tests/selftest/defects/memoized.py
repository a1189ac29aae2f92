"""A second call gives what the first has found."""

from functools import cache

from tests.selftest.defects import honest

CAUGHT_BY = ("A4", "A5")
_remembered = cache(honest.run)


def run(n, workers):
    """Check, then remember."""
    honest.check(n, workers)
    return _remembered(n, workers)
