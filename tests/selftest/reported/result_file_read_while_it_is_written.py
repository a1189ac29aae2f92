"""A driver read the file of a result while a worker was writing it: EmptyDataError.

Many workers stored, and the driver read what was there.  Here the caller reads all new files when
a worker has ended; that of another may be empty, as it has just been opened.
"""

from tests.selftest.defects import _base
from tests.selftest.reported import _os_results

REPORT = "https://github.com/bessagroup/f3dasm/pull/337"
CAUGHT_BY = ("A2", "A6")


@_base.careful
def run(n, workers):
    return _os_results.through(n, workers, write=_os_results.write)
