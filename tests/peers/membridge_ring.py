"""membridge: a ring for each worker, which the caller polls, as the consumer of its README does."""

import math
import time
import uuid
from multiprocessing import get_context

from tests.peers import missing


def unsupported():
    return missing("membridge")


SIZE = 1024 + 24  # bytes

context = get_context("fork")


def partial_sum(lo, hi):
    return math.fsum(1.0 / (2 * k + 1) ** 2 for k in range(lo, hi))


def work(name, lo, hi):
    from membridge import SharedMemory

    SharedMemory.open(name, SIZE).spsc().push(partial_sum(lo, hi))


def receive(ring):
    while (part := ring.pop("float")) is None:
        time.sleep(0.01)
    return part


def run(n, workers):
    from membridge import SharedMemory

    name = f"/sum-{uuid.uuid4().hex}"
    names = [f"{name}-{i}" for i in range(workers)]
    segments = [SharedMemory.create(name, SIZE) for name in names]
    try:
        rings = [segment.spsc() for segment in segments]
        processes = [
            context.Process(target=work, args=(name, i * n // workers, (i + 1) * n // workers))
            for i, name in enumerate(names)
        ]
        for process in processes:
            process.start()
        parts = [receive(ring) for ring in rings]
        for process in processes:
            process.join()
        return math.sqrt(8 * math.fsum(parts))
    finally:
        for name in names:
            SharedMemory.remove(name)
