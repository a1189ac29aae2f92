"""The caller looks at what is whole, whoever is there."""

from tests.selftest.defects import _base
from tests.selftest.reported import reader_that_never_leaves as bug


@_base.careful
def run(n, workers):
    return bug.through(n, workers, lambda inside: None)
