"""The name of a fifo follows from the pid and a counter."""

import itertools
import os
import tempfile

from tests.selftest.defects import _base, _fifo

CAUGHT_BY = ("G3",)
_runs = itertools.count()


@_base.careful
def run(n, workers):
    """Be unique, but no secret."""
    path = os.path.join(tempfile.gettempdir(), f"pi-{os.getpid()}-{next(_runs)}")
    with _fifo.at(path):
        return _fifo.through(path, n, workers)
