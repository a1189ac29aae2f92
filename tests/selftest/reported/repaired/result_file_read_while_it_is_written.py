"""A worker writes to another name, and renames the file when it is whole."""

from tests.selftest.defects import _base
from tests.selftest.reported import _os_results


@_base.careful
def run(n, workers):
    return _os_results.through(n, workers)
