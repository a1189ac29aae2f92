"""A file with a fixed name is left in /tmp."""

import os

from tests.defects import honest

CAUGHT_BY = ("B1",)


def run(n, workers):
    """Leave a file that names this process."""
    value = honest.run(n, workers)
    with open(f"/tmp/pi-{os.getpid()}", "w") as file:
        file.write(str(value))
    return value
