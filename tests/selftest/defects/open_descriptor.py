"""A descriptor is left open by each run."""

import os

from tests.selftest.defects import honest

CAUGHT_BY = (
    "B1",
    "B2",
)


def run(n, workers):
    """Open one, and forget it."""
    value = honest.run(n, workers)
    os.open(os.devnull, os.O_RDONLY)
    return value
