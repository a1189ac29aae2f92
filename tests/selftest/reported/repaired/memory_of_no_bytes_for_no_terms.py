"""There is always one slot."""

from tests.selftest.defects import _base
from tests.selftest.reported import memory_of_no_bytes_for_no_terms as bug


@_base.careful
def run(n, workers):
    return bug.through(n, workers, least=1)
