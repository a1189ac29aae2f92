"""billiard.Pool, on which the workers of Celery stand, used as multiprocessing.Pool is.

billiard has no documentation of its own: its README refers to that of multiprocessing.
"""

import math

from tests.peers import missing


def unsupported():
    return missing("billiard")


def partial_sum(lo, hi):
    return math.fsum(1.0 / (2 * k + 1) ** 2 for k in range(lo, hi))


def run(n, workers):
    from billiard import Pool

    bounds = [(i * n // workers, (i + 1) * n // workers) for i in range(workers)]
    with Pool(workers) as pool:
        return math.sqrt(8 * math.fsum(pool.starmap(partial_sum, bounds, chunksize=1)))
