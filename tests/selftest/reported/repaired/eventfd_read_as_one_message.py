"""All messages that are there are taken, however often it was rung for them."""

from tests.selftest.defects import _base
from tests.selftest.reported import eventfd_read_as_one_message as bug


@_base.careful
def run(n, workers):
    return bug.through(n, workers, workers)
