"""The directory is told for this file alone."""

import os
import tempfile

from tests.selftest.reported import temporary_directory_of_all as bug


def _in_memory():
    directory = bug.MEMORY if os.path.isdir(bug.MEMORY) else None
    return tempfile.TemporaryFile(buffering=0, dir=directory)


run = bug.with_a_file(_in_memory)
