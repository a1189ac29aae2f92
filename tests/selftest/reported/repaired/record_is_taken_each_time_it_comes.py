"""The number of a frame says whose result it is: the same one again changes nothing."""

from tests.selftest.defects import _base
from tests.selftest.reported.record_is_taken_each_time_it_comes import through


@_base.careful
def run(n, workers):
    return through(n, workers, _base.Seal())
