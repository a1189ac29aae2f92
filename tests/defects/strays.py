"""A worker that fails returns into the caller's code."""

import math
import os
import struct

from tests.defects import honest

CAUGHT_BY = ("C8",)


def run(n, workers):
    """Raise in the child."""
    honest.check(n, workers)
    reader, writer = os.pipe()
    for lo, hi in honest.bounds(n, workers):
        if os.fork() == 0:
            os.write(writer, struct.pack("d", honest.term_sum(lo, hi)))
            os._exit(0)
    os.close(writer)
    data = b""
    while part := os.read(reader, 512):
        data += part
    os.close(reader)
    for _ in range(workers):
        os.wait()
    return math.sqrt(8 * math.fsum(struct.unpack(f"{workers}d", data)))
