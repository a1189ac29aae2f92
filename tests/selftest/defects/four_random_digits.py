"""Draws a name of four hexadecimal digits: a stranger can make all 65536 of them first."""

import os
import secrets
import tempfile

from tests.selftest.defects import _base, _fifo

CAUGHT_BY = ("G3",)


@_base.careful
def run(n, workers):
    path = os.path.join(tempfile.gettempdir(), "pi-" + secrets.token_hex(2))
    with _fifo.at(path):
        return _fifo.through(path, n, workers)
