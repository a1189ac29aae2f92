"""The pipe is closed with what is left in it."""

from tests.selftest.defects import _base
from tests.selftest.reported import closed_when_all_has_been_taken as bug


@_base.careful
def run(n, workers):
    return bug.through(n, workers, lambda fd: None)
