"""The text may show no more than a literal."""

from tests.selftest.defects import _base
from tests.selftest.reported import text_is_evaluated as bug


@_base.careful
def run(n, workers):
    return bug.through(n, workers, bug.literal)
