"""multiprocessing.Pool, as in the first example of its documentation."""

import math
from multiprocessing import get_context

context = get_context("fork")


def partial_sum(lo, hi):
    return math.fsum(1.0 / (2 * k + 1) ** 2 for k in range(lo, hi))


def run(n, workers):
    bounds = [(i * n // workers, (i + 1) * n // workers) for i in range(workers)]
    with context.Pool(workers) as pool:
        return math.sqrt(8 * math.fsum(pool.starmap(partial_sum, bounds, chunksize=1)))
