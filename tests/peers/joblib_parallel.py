"""joblib.Parallel, as in the first example of its documentation: joblib.readthedocs.io, Parallel.

Its workers are those of a loky executor, which it keeps for later calls.
"""

import math

from tests.peers import missing


def unsupported():
    return missing("joblib")


def partial_sum(lo, hi):
    return math.fsum(1.0 / (2 * k + 1) ** 2 for k in range(lo, hi))


def run(n, workers):
    from joblib import Parallel, delayed

    bounds = [(i * n // workers, (i + 1) * n // workers) for i in range(workers)]
    parts = Parallel(n_jobs=workers)(delayed(partial_sum)(lo, hi) for lo, hi in bounds)
    return math.sqrt(8 * math.fsum(parts))
