"""A user who wanted no worker got one for each processor: 0 was taken for no number at all.

Here `workers or os.cpu_count()` does so, also for None and False.
"""

import os

from tests.selftest.defects import honest

REPORT = "https://github.com/kaiko-ai/eva/pull/859"
CAUGHT_BY = ("H1", "H2")


def run(n, workers):
    return honest.run(n, workers or os.cpu_count() or 1)
