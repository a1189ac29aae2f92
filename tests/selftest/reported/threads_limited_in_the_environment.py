"""A library set OMP_NUM_THREADS for one tool: all that the program ran later had one thread.

It is a variable of the whole process.  Here a run sets it, so that the libraries in its workers do
not use all cores each.
"""

import os

from tests.selftest.defects import honest

REPORT = "https://github.com/nipy/nipype/issues/1728"
CAUGHT_BY = ("E6",)


def limit():
    os.environ["OMP_NUM_THREADS"] = "1"


def run(n, workers):
    honest.check(n, workers)
    limit()
    return honest.run(n, workers)
