"""Opens its file by a path from the current directory."""

import os

from tests.defects import honest

CAUGHT_BY = ("E4",)


def run(n, workers):
    honest.check(n, workers)
    path = os.path.join(os.getcwd(), f"result-{os.getpid()}")
    with open(path, "w"):
        os.unlink(path)
    return honest.run(n, workers)
