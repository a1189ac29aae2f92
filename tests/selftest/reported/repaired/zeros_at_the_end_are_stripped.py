"""What was stored has always eight bytes."""

from tests.selftest.defects import _base
from tests.selftest.reported.zeros_at_the_end_are_stripped import through


@_base.careful
def run(n, workers):
    return through(n, workers, bytes)
