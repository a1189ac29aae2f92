"""The error names the limit."""

from tests.selftest.defects import _base
from tests.selftest.reported import _os_semaphores
from tests.selftest.reported import no_space_where_semaphores_are_meant as bug


@_base.careful
def run(n, workers):
    return bug.through(n, workers, _os_semaphores.complain)
