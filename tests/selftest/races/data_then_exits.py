"""The caller looks for data, then for exits, and stops at the last exit: data came in between."""

import contextlib
import os
import struct

from tests.selftest.defects import honest


@honest.careful
def run(n, workers):
    r, w = os.pipe()
    os.set_blocking(r, False)
    parent, pids, data = os.getpid(), set(), b""
    try:
        for lo, hi in honest.bounds(n, workers):
            pid = os.fork()
            if pid == 0:
                honest.child(parent, r, w, lo, hi)
            pids.add(pid)
        while pids:
            with contextlib.suppress(BlockingIOError):
                data += os.read(r, 4096)
            pids.discard(os.waitpid(-1, 0)[0])
        if len(data) < 8 * workers:
            data = data.ljust(8 * workers, b"\0")
        return honest.combine(struct.unpack(f"{workers}d", data))
    finally:
        honest.end(pids)
        os.close(r)
        os.close(w)
