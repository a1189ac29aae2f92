"""The name is removed when all have written."""

from tests.selftest.defects import _base
from tests.selftest.reported import segment_unlinked_after_its_first_reader as bug


@_base.careful
def run(n, workers):
    return bug.through(n, workers, workers)
