"""The caller takes no lock: an entry is whole before it is counted."""

from tests.selftest.defects import _base
from tests.selftest.reported import register_locked_by_a_killed_process as bug


@_base.careful
def run(n, workers):
    return bug.through(n, workers, lambda read, semaphore: read())
