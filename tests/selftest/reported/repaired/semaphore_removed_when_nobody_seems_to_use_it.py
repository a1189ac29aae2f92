"""The caller alone makes the semaphore and removes it, at the end of the run."""

import sysv_ipc

from tests.selftest.defects import _base
from tests.selftest.reported import semaphore_removed_when_nobody_seems_to_use_it as bug


@_base.careful
def run(n, workers):
    return bug.through(n, workers, sysv_ipc.Semaphore, lambda semaphore: None)
