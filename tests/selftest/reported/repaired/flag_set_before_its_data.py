"""The flag is set when the data is there."""

from tests.selftest.defects import _base
from tests.selftest.reported import flag_set_before_its_data as bug


def _write_and_flag(write, flag):
    write()
    flag()


@_base.careful
def run(n, workers):
    return bug.through(n, workers, _write_and_flag)
