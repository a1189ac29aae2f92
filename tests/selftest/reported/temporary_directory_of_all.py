"""A library set tempfile.tempdir for its own files: those of others filled the place it had chosen.

Here a run has its file in memory, in /dev/shm, and says so in this way.
"""

import os
import tempfile

from tests.selftest.defects import _base, _file

REPORT = "https://github.com/inveniosoftware/invenio/issues/1594"
CAUGHT_BY = ("E6",)
MEMORY = "/dev/shm"


def with_a_file(nameless):
    """Return run; nameless(): gives a file."""

    @_base.careful
    def run(n, workers):
        with nameless() as file:
            return _file.through(file.fileno(), n, workers)

    return run


def _in_memory():
    if os.path.isdir(MEMORY):
        tempfile.tempdir = MEMORY
    return tempfile.TemporaryFile(buffering=0)


run = with_a_file(_in_memory)
