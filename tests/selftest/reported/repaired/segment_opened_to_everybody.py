"""The segment is for its owner alone."""

from tests.selftest.defects import _base
from tests.selftest.reported import segment_opened_to_everybody as bug


@_base.careful
def run(n, workers):
    return bug.through(n, workers, 0o600)
