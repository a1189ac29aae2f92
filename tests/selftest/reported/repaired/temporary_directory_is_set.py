"""The place is asked for where the file is made."""

import tempfile

from tests.selftest.defects import _base
from tests.selftest.reported import temporary_directory_is_set as bug


@_base.careful
def run(n, workers):
    return bug.through(tempfile.TemporaryFile(buffering=0, dir=bug.MEMORY), n, workers)
