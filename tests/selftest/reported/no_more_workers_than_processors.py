"""A program had two workers on a machine with 20 processors: joblib had looked at its affinity.

Here a run starts at most as many workers as there are processors that it may use.
"""

import os

from tests.selftest.defects import honest

REPORT = "https://github.com/joblib/joblib/issues/1206"
CAUGHT_BY = ("A5",)


@honest.careful
def run(n, workers):
    return honest.run(n, min(workers, len(os.sched_getaffinity(0))))
