"""The name is drawn from the random numbers of the system."""

from tests.selftest.defects import _base
from tests.selftest.reported import _os_segment
from tests.selftest.reported import segment_named_by_pid_and_counter as bug


@_base.careful
def run(n, workers):
    return bug.through(n, workers, _os_segment.random_name)
