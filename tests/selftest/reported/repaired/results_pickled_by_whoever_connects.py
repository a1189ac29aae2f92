"""The results are signed frames of numbers, from workers of the run."""

from tests.selftest.defects import _base
from tests.selftest.reported import results_pickled_by_whoever_connects as bug


@_base.careful
def run(n, workers):
    return bug.through(n, workers)
