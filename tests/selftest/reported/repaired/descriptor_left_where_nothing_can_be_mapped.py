"""The descriptor is closed in any case."""

import mmap
import os

from tests.selftest.defects import _base
from tests.selftest.reported import descriptor_left_where_nothing_can_be_mapped as bug


def _mapped(fd, size):
    try:
        return mmap.mmap(fd, size)
    finally:
        os.close(fd)


@_base.careful
def run(n, workers):
    return bug.through(n, workers, _mapped)
