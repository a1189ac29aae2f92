"""The caller reaps all workers before it reads the queue, which holds ten messages."""

import math
import os
import struct

import posix_ipc

from tests.defects import honest

CAUGHT_BY = ("D1",)


def run(n, workers):
    """Deadlock from the eleventh worker on."""
    honest.check(n, workers)
    name = f"/defect-{os.getpid()}"
    queue = posix_ipc.MessageQueue(name, posix_ipc.O_CREX, max_messages=10, max_message_size=8)
    queue.unlink()
    pids = []
    for lo, hi in honest.bounds(n, workers):
        pid = os.fork()
        if pid == 0:
            queue.send(struct.pack("d", honest.term_sum(lo, hi)))
            os._exit(0)
        pids.append(pid)
    for pid in pids:
        os.waitpid(pid, 0)
    sums = [struct.unpack("d", queue.receive()[0])[0] for _ in pids]
    queue.close()
    return math.sqrt(8 * math.fsum(sums))
