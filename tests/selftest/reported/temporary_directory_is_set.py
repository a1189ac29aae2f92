"""Programs found their temporary files in another place: a library had set tempfile.tempdir.

Here a run wants its file in memory, and sets the place for all temporary files.
"""

import os
import tempfile

from tests.selftest.defects import _base, _file

REPORT = "https://github.com/inveniosoftware/invenio/issues/1594"
CAUGHT_BY = ("E6",)
MEMORY = "/dev/shm"


def through(file, n, workers):
    """Run with a file without a name, which has its space before a worker writes to it."""
    with file:
        os.posix_fallocate(file.fileno(), 0, 9 * workers)
        return _file.through(file.fileno(), n, workers)


@_base.careful
def run(n, workers):
    tempfile.tempdir = MEMORY
    return through(tempfile.TemporaryFile(buffering=0), n, workers)
