"""The version is looked at also after the copy, and what has changed meanwhile is read again."""

from tests.selftest.defects import _base
from tests.selftest.reported import block_read_while_it_is_written as bug


@_base.careful
def run(n, workers):
    return bug.through(n, workers, lambda version, now: version % 2 == 0 and version == now)
