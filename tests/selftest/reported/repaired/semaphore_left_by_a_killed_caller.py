"""Another process removes the semaphore when the caller has been killed."""

from tests.selftest.defects import _base
from tests.selftest.reported import _os_semaphores
from tests.selftest.reported import semaphore_left_by_a_killed_caller as bug


@_base.careful
def run(n, workers):
    return bug.through(n, workers, _os_semaphores.guarded)
