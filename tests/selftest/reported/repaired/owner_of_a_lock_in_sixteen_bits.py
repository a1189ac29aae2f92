"""The pid is kept in 32 bits."""

from tests.selftest.defects import _base
from tests.selftest.reported import owner_of_a_lock_in_sixteen_bits as bug


@_base.careful
def run(n, workers):
    return bug.through(n, workers, "=I", 0xFFFFFFFF)
