"""A file with a fixed name is left in /tmp."""

import os

from tests.selftest.defects import honest

CAUGHT_BY = (
    "B1",
    "B2",
    "B3",
    "B4",
)


def run(n, workers):
    """Leave a file that names this process."""
    honest.check(n, workers)
    fd = os.open(f"/tmp/pi-{os.getpid()}", os.O_WRONLY | os.O_CREAT, 0o600)
    os.close(fd)
    return honest.run(n, workers)
