"""When the k-th fork fails, the workers before it are left, and their pipes open."""

import os
import select

from tests.selftest.defects import honest

CAUGHT_BY = (
    "B2",
    "C1",
    "C13",
    "F1",
)


@honest.careful
def run(n, workers):
    """Fork outside of `try`."""
    parent = os.getpid()
    pids, said, open_now = {}, {}, set()
    poller = select.poll()
    for lo, hi in honest.bounds(n, workers):
        r, w = os.pipe()
        open_now.add(r)
        pid = os.fork()
        if pid == 0:
            honest.child(parent, r, w, lo, hi)
        honest.watch(pid, r, pids, open_now, poller)
        said[r] = b""
        os.close(w)
    try:
        while pids:
            honest.take(pids, said, poller, honest.wait(poller))
        return honest.combine(honest.struct.unpack("d", s)[0] for s in said.values())
    finally:
        if os.getpid() == parent:
            honest.end(pid for pid, _ in pids.values())
        for fd in open_now:
            os.close(fd)
