"""A job could be added with -1 processors, and nobody complained.

Here a number of workers below 0 is counted from the number of processors: -1 is all of them.
"""

import os

from tests.selftest.defects import _base, _mqueue

REPORT = "https://github.com/VertebrateResequencing/wr/issues/126"
CAUGHT_BY = ("H1",)


@_base.careful
def through_a_queue(n, workers):
    with _mqueue.unnamed() as queue:
        return _mqueue.through(queue, n, workers)


def run(n, workers):
    if type(workers) is int and workers < 0:
        workers = max(1, len(os.sched_getaffinity(0)) + 1 + workers)
    return through_a_queue(n, workers)
