"""A sum of 0.0 is a result too."""

from tests.selftest.defects import _base
from tests.selftest.reported import result_of_zero_is_ignored as bug


@_base.careful
def run(n, workers):
    return bug.through(n, workers, bug.is_there)
