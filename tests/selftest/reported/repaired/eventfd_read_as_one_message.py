"""As many messages are taken as the eventfd says."""

from tests.selftest.defects import _base
from tests.selftest.reported import eventfd_read_as_one_message as bug


@_base.careful
def run(n, workers):
    return bug.through(n, workers, lambda rung: rung)
