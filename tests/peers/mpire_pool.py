"""mpire.WorkerPool, as in its README: sybrenjansen.github.io/mpire, "Getting started"."""

import math

from tests.peers import missing


def unsupported():
    return missing("mpire")


def partial_sum(lo, hi):
    return math.fsum(1.0 / (2 * k + 1) ** 2 for k in range(lo, hi))


def run(n, workers):
    from mpire import WorkerPool

    bounds = [(i * n // workers, (i + 1) * n // workers) for i in range(workers)]
    with WorkerPool(n_jobs=workers) as pool:
        return math.sqrt(8 * math.fsum(pool.map(partial_sum, bounds, chunk_size=1)))
