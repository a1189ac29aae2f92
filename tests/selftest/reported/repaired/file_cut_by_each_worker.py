"""The caller has made the file, and each worker appends to it."""

import os

from tests.selftest.defects import _base
from tests.selftest.reported import file_cut_by_each_worker as bug


@_base.careful
def run(n, workers):
    return bug.through(n, workers, os.O_APPEND)
