"""Makes a generator of names in its first run: processes forked after that draw the same ones."""

import functools
import os
import random
import tempfile

from tests.selftest.defects import _base, _fifo

CAUGHT_BY = ("E1", "E7")


@functools.cache
def _generator():
    return random.Random(os.urandom(16))


@_base.careful
def run(n, workers):
    path = os.path.join(tempfile.gettempdir(), f"pi-{_generator().getrandbits(128):032x}")
    with _fifo.at(path):
        return _fifo.through(path, n, workers)
