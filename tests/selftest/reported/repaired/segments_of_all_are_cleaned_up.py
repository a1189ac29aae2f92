"""A run removes the segment that it has made."""

from tests.selftest.defects import _base
from tests.selftest.reported import _os_named


@_base.careful
def run(n, workers):
    return _os_named.through(n, workers)
