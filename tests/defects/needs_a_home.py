"""Keeps its scratch file in the home directory."""

import os
import tempfile

from tests.defects import honest

CAUGHT_BY = ("E4",)


def run(n, workers):
    honest.check(n, workers)
    with tempfile.TemporaryFile(dir=os.environ["HOME"]):
        return honest.run(n, workers)
