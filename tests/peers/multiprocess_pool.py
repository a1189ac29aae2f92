"""multiprocess.Pool, as in the README of multiprocess, which is multiprocessing with dill."""

import math

from tests.peers import missing


def unsupported():
    return missing("multiprocess")


def partial_sum(lo, hi):
    return math.fsum(1.0 / (2 * k + 1) ** 2 for k in range(lo, hi))


def run(n, workers):
    from multiprocess import Pool

    bounds = [(i * n // workers, (i + 1) * n // workers) for i in range(workers)]
    with Pool(workers) as pool:
        return math.sqrt(8 * math.fsum(pool.starmap(partial_sum, bounds, chunksize=1)))
