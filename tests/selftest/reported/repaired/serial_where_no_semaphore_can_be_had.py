"""The caller hears that there is no semaphore."""

from tests.selftest.defects import _base
from tests.selftest.reported import serial_where_no_semaphore_can_be_had as bug


def _refuse(n, error):
    raise OSError(f"no semaphore: {error}") from error


@_base.careful
def run(n, workers):
    return bug.through(n, workers, _refuse)
