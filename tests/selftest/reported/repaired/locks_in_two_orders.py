"""All workers take them in one order."""

from tests.selftest.defects import _base
from tests.selftest.reported.locks_in_two_orders import through


@_base.careful
def run(n, workers):
    return through(n, workers, list)
