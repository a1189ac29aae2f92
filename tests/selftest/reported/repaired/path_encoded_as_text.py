"""It is encoded as paths are."""

import os

from tests.selftest.defects import _base
from tests.selftest.reported.path_encoded_as_text import through


@_base.careful
def run(n, workers):
    return through(n, workers, os.fsencode)
