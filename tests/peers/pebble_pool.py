"""pebble.ProcessPool, as in its documentation: pebble.readthedocs.io, "Pools"."""

import math

from tests.peers import missing


def unsupported():
    return missing("pebble")


def partial_sum(lo, hi):
    return math.fsum(1.0 / (2 * k + 1) ** 2 for k in range(lo, hi))


def run(n, workers):
    from pebble import ProcessPool

    starts = [i * n // workers for i in range(workers)]
    with ProcessPool(max_workers=workers) as pool:
        future = pool.map(partial_sum, starts, [*starts[1:], n])
        return math.sqrt(8 * math.fsum(future.result()))
