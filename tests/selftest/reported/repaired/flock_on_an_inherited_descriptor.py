"""Each worker opens the lock file for itself."""

import os

from tests.selftest.defects import _base
from tests.selftest.reported import flock_on_an_inherited_descriptor as bug


def _opened(fd):
    return os.open(f"/proc/self/fd/{fd}", os.O_RDWR)


@_base.careful
def run(n, workers):
    return bug.through(n, workers, _opened)
