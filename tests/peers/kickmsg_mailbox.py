"""kickmsg: workers publish to a mailbox of the caller's, the N-to-1 pattern of its README."""

import math
import struct
import uuid
from multiprocessing import get_context

from tests.peers import missing


def unsupported():
    return missing("kickmsg")


context = get_context("fork")


def partial_sum(lo, hi):
    return math.fsum(1.0 / (2 * k + 1) ** 2 for k in range(lo, hi))


def work(name, lo, hi):
    from kickmsg import Node

    part = struct.pack("d", partial_sum(lo, hi))
    Node(f"{name}-{lo}").open_mailbox(name, "parts").send(part)


def run(n, workers):
    from kickmsg import Node

    name = f"sum{uuid.uuid4().hex}"
    caller = Node(name)
    inbox = caller.create_mailbox("parts")
    processes = [
        context.Process(target=work, args=(name, i * n // workers, (i + 1) * n // workers))
        for i in range(workers)
    ]
    try:
        for process in processes:
            process.start()
        parts = []
        while len(parts) < workers:
            if (message := inbox.receive(0.1)) is not None:
                parts += struct.unpack("d", message)
        for process in processes:
            process.join()
        return math.sqrt(8 * math.fsum(parts))
    finally:
        caller.unlink_mailbox("parts")
