"""Keeps its scratch file in the home directory."""

import os
import tempfile

from tests.selftest.defects import _base, honest

CAUGHT_BY = ("E4",)


@_base.careful
def run(n, workers):
    with tempfile.TemporaryFile(dir=os.environ["HOME"]):
        return honest.run(n, workers)
