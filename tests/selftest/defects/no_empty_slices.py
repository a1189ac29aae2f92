"""Workers without a term are not started, and are waited for all the same."""

from tests.selftest.defects import honest

CAUGHT_BY = ("A1",)
_bounds = honest.bounds


def _full(n, workers):
    return [(lo, hi) for lo, hi in _bounds(n, workers) if lo < hi]


def run(n, workers):
    value = honest.run(n, workers)
    if len(_full(n, workers)) < workers:
        raise RuntimeError("not as many results as workers")
    return value


honest.bounds = _full
