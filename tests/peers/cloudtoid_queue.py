"""cloudtoid-interprocess: workers publish, the caller subscribes, as in its README, "Example"."""

import math
import struct
import uuid
from multiprocessing import get_context

from tests.peers import missing


def unsupported():
    return missing("cloudtoid_interprocess")


CAPACITY = 65536  # bytes

context = get_context("fork")


def partial_sum(lo, hi):
    return math.fsum(1.0 / (2 * k + 1) ** 2 for k in range(lo, hi))


def work(name, lo, hi):
    from cloudtoid_interprocess import Publisher

    with Publisher(name, CAPACITY) as publisher:
        publisher.try_send(struct.pack("d", partial_sum(lo, hi)))


def run(n, workers):
    from cloudtoid_interprocess import Subscriber

    name = f"sum-{uuid.uuid4().hex}"
    with Subscriber(name, CAPACITY) as subscriber:
        processes = [
            context.Process(target=work, args=(name, i * n // workers, (i + 1) * n // workers))
            for i in range(workers)
        ]
        for process in processes:
            process.start()
        parts = [struct.unpack("d", subscriber.receive())[0] for _ in processes]
        for process in processes:
            process.join()
    return math.sqrt(8 * math.fsum(parts))
