"""The results are frames of bytes, which are verified first."""

from tests.selftest.defects import _base
from tests.selftest.reported.pickle_is_loaded_to_be_verified import through


@_base.careful
def run(n, workers):
    return through(n, workers, _base.Seal())
