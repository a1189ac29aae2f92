"""Changes to its own directory and back to the home of the user."""

import os
import tempfile

from tests.selftest.defects import honest

CAUGHT_BY = ("E6",)


def run(n, workers):
    honest.check(n, workers)
    os.chdir(tempfile.gettempdir())
    return honest.run(n, workers)
