"""The parts that have been sent are not sent again."""

from tests.selftest.defects import _base
from tests.selftest.reported import all_parts_sent_again as bug


@_base.careful
def run(n, workers):
    return bug.through(n, workers, lambda parts, sent: parts[sent:])
