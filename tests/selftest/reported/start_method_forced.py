"""A library sets the start method of multiprocessing for the whole program.

Here each run sets it to "fork", with force.
"""

import multiprocessing

from tests.selftest.defects import honest

REPORT = "https://github.com/gwastro/pycbc/pull/4890"
CAUGHT_BY = ("E6",)


def run(n, workers):
    honest.check(n, workers)
    multiprocessing.set_start_method("fork", force=True)
    return honest.run(n, workers)
