"""That the directory exists by now is no error."""

from tests.selftest.defects import _base
from tests.selftest.reported import _os_results


@_base.careful
def run(n, workers):
    return _os_results.through(n, workers)
