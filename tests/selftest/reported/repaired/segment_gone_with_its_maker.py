"""The caller alone removes the segments, when it has read them."""

from tests.selftest.defects import _base
from tests.selftest.reported import segment_gone_with_its_maker as bug


@_base.careful
def run(n, workers):
    return bug.through(n, workers, lambda name: None)
