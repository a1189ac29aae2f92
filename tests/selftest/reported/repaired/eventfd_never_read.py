"""The caller reads the eventfd before it looks at the sums."""

from tests.selftest.defects import _base
from tests.selftest.reported import _os_bells
from tests.selftest.reported import eventfd_never_read as bug


@_base.careful
def run(n, workers):
    return bug.through(n, workers, _os_bells.wait_for)
