"""Its work is a closure, which multiprocessing cannot pass to an interpreter that starts afresh."""

import multiprocessing
import pickle

from tests.selftest.defects import honest

CAUGHT_BY = ("E4",)


def run(n, workers):
    def work():
        return honest.run(n, workers)

    # None: nobody has set it.
    if multiprocessing.get_start_method(allow_none=True) == "spawn":
        pickle.dumps(work)
    return work()
