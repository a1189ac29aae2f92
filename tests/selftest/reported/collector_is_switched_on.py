"""h5py disabled the garbage collector for a moment, and enabled it also where it had been disabled.

Here a run does, so that nothing is collected in a worker.
"""

import gc

from tests.selftest.defects import honest

REPORT = "https://github.com/h5py/h5py/pull/2020"
CAUGHT_BY = ("E6",)


@honest.careful
def run(n, workers):
    gc.disable()
    try:
        return honest.run(n, workers)
    finally:
        gc.enable()
