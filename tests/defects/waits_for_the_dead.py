"""One pipe for all, read until there are as many results as workers."""

import math
import os
import struct

from tests.defects import honest

CAUGHT_BY = ("C1", "C2", "C7")


def run(n, workers):
    """Wait for a result that never comes."""
    honest.check(n, workers)
    reader, writer = os.pipe()
    pids = []
    for lo, hi in honest.bounds(n, workers):
        pid = os.fork()
        if pid == 0:
            os.write(writer, struct.pack("d", honest.term_sum(lo, hi)))
            os._exit(0)
        pids.append(pid)
    data = b""
    while len(data) < 8 * workers:
        data += os.read(reader, 512)
    for pid in pids:
        os.waitpid(pid, 0)
    os.close(reader)
    os.close(writer)
    return math.sqrt(8 * math.fsum(struct.unpack(f"{workers}d", data)))
