"""concurrent.futures.ProcessPoolExecutor whose processes start by "forkserver"."""

import math
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context


def partial_sum(lo, hi):
    return math.fsum(1.0 / (2 * k + 1) ** 2 for k in range(lo, hi))


def run(n, workers):
    starts = [i * n // workers for i in range(workers)]
    with ProcessPoolExecutor(workers, mp_context=get_context("forkserver")) as executor:
        return math.sqrt(8 * math.fsum(executor.map(partial_sum, starts, [*starts[1:], n])))
