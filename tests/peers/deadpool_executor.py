"""deadpool.Deadpool, "a drop-in replacement for ProcessPoolExecutor": its README, "Simple case"."""

import math

from tests.peers import missing


def unsupported():
    return missing("deadpool")


def partial_sum(lo, hi):
    return math.fsum(1.0 / (2 * k + 1) ** 2 for k in range(lo, hi))


def run(n, workers):
    from deadpool import Deadpool

    bounds = [(i * n // workers, (i + 1) * n // workers) for i in range(workers)]
    with Deadpool(max_workers=workers) as executor:
        futures = [executor.submit(partial_sum, lo, hi) for lo, hi in bounds]
        return math.sqrt(8 * math.fsum(future.result() for future in futures))
