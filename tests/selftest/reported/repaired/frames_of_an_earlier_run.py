"""Each run has a key and a mark of its own."""

from tests.selftest.defects import _base
from tests.selftest.reported.frames_of_an_earlier_run import through


@_base.careful
def run(n, workers):
    return through(n, workers, _base.Seal())
