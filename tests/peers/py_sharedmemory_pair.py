"""py-sharedmemory: a pair of sender and receiver for each worker, as in its "Quick start"."""

import math
from multiprocessing import get_context

from tests.peers import missing


def unsupported():
    return missing("py_sharedmemory")


context = get_context("fork")


def partial_sum(lo, hi):
    return math.fsum(1.0 / (2 * k + 1) ** 2 for k in range(lo, hi))


def work(sender, lo, hi):
    with sender:
        sender.put(partial_sum(lo, hi))
        sender.wait_for_all_ack()


def run(n, workers):
    from py_sharedmemory import create_shared_memory_pair

    pairs = [create_shared_memory_pair(capacity=2, ctx=context) for _ in range(workers)]
    processes = [
        context.Process(target=work, args=(sender, i * n // workers, (i + 1) * n // workers))
        for i, (sender, _) in enumerate(pairs)
    ]
    for process in processes:
        process.start()
    parts = []
    for _, receiver in pairs:
        with receiver:
            parts.append(receiver.get(timeout=30))
    for process in processes:
        process.join()
    for sender, _ in pairs:
        sender.close()
    return math.sqrt(8 * math.fsum(parts))
