"""A fifo is left when the run ends well."""

import os
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
    os.mkfifo(os.path.join(tempfile.gettempdir(), "pi-" + os.urandom(8).hex()), 0o600)
    return honest.run(n, workers)
