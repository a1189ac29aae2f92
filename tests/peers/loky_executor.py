"""loky.ProcessPoolExecutor, which joblib uses: an executor meant to survive its workers."""

import math

from tests.peers import missing


def unsupported():
    return missing("loky")


def partial_sum(lo, hi):
    return math.fsum(1.0 / (2 * k + 1) ** 2 for k in range(lo, hi))


def run(n, workers):
    from loky import ProcessPoolExecutor

    starts = [i * n // workers for i in range(workers)]
    with ProcessPoolExecutor(workers) as executor:
        return math.sqrt(8 * math.fsum(executor.map(partial_sum, starts, [*starts[1:], n])))
