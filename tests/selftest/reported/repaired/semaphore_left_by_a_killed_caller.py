"""Another process removes the semaphore when the caller has been killed."""

from tests.selftest.defects import _base
from tests.selftest.reported import _os_semaphores


@_base.careful
def run(n, workers):
    return _os_semaphores.through(n, workers, _os_semaphores.complain, _os_semaphores.guarded)
