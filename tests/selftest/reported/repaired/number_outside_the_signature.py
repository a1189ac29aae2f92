"""All of a frame is signed."""

from tests.selftest.defects import _base
from tests.selftest.reported.number_outside_the_signature import through


@_base.careful
def run(n, workers):
    return through(n, workers, _base.Seal())
