"""A directory is made for the run, and its content alone removed."""

import tempfile

from tests.selftest.defects import honest

CAUGHT_BY = (
    "B1",
    "B2",
    "B3",
    "B4",
)


def run(n, workers):
    honest.check(n, workers)
    tempfile.mkdtemp()
    return honest.run(n, workers)
