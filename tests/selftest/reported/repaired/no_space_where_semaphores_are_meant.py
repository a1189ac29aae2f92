"""The error names the limit."""

from tests.selftest.defects import _base
from tests.selftest.reported import _os_semaphores


@_base.careful
def run(n, workers):
    return _os_semaphores.through(n, workers, _os_semaphores.complain)
