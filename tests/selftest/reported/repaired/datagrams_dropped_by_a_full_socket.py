"""The workers wait until the queue has room."""

from tests.selftest.defects import _base
from tests.selftest.reported import datagrams_dropped_by_a_full_socket as bug


@_base.careful
def run(n, workers):
    return bug.through(n, workers, blocking=True)
