"""multiprocessing.Process and Queue, as in "Exchanging objects between processes"."""

import math
from multiprocessing import get_context

context = get_context("fork")


def work(queue, lo, hi):
    queue.put(math.fsum(1.0 / (2 * k + 1) ** 2 for k in range(lo, hi)))


def run(n, workers):
    queue = context.Queue()
    processes = [
        context.Process(target=work, args=(queue, i * n // workers, (i + 1) * n // workers))
        for i in range(workers)
    ]
    for process in processes:
        process.start()
    sums = [queue.get() for _ in processes]
    for process in processes:
        process.join()
    return math.sqrt(8 * math.fsum(sums))
