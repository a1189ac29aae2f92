"""posix_fallocate(3) allots every page before it is mapped."""

import os

from tests.selftest.defects import _base, _memory
from tests.selftest.reported import sparse_file_mapped_in_the_temporary_directory as bug


def _lengthen(fd, size):
    os.posix_fallocate(fd, 0, size)


@_base.careful
def run(n, workers):
    with bug.mapped(16 * workers, _lengthen) as memory:
        return _memory.slots(memory, n, workers)
