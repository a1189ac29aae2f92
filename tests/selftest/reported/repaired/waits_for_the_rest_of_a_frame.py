"""The caller reads what is there, and waits for the rest and for the end of a worker together."""

import os

from tests.selftest.defects import _base
from tests.selftest.reported.waits_for_the_rest_of_a_frame import through


def read_some(r, stream):
    stream.extend(os.read(r, 4096))


@_base.careful
def run(n, workers):
    return through(n, workers, read_some)
