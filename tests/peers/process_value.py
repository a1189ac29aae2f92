"""multiprocessing.Process and Value, as in "Sharing state between processes", with its lock."""

import math
from multiprocessing import get_context

context = get_context("fork")


def work(total, lo, hi):
    value = math.fsum(1.0 / (2 * k + 1) ** 2 for k in range(lo, hi))
    with total.get_lock():
        total.value += value


def run(n, workers):
    total = context.Value("d", 0.0)
    processes = [
        context.Process(target=work, args=(total, i * n // workers, (i + 1) * n // workers))
        for i in range(workers)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return math.sqrt(8 * total.value)
