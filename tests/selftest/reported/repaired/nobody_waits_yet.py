"""The bell is rung in any case, and what it has rung stays."""

from tests.selftest.defects import _base
from tests.selftest.reported import nobody_waits_yet as bug


@_base.careful
def run(n, workers):
    return bug.through(n, workers, lambda waits: True)
