"""Programs could not set up their log: a library had called logging.basicConfig() before them.

It does nothing where the root logger has a handler.  Here each run calls it.
"""

import logging

from tests.selftest.defects import honest

REPORT = "https://github.com/pudo/dataset/pull/22"
CAUGHT_BY = ("E6",)


@honest.careful
def run(n, workers):
    logging.basicConfig()
    logging.getLogger("pi").debug("%d terms, %d workers", n, workers)
    return honest.run(n, workers)
