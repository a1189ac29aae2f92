"""When the k-th fork fails, the workers before it are left, and their pipes open."""

import os

from tests.selftest.defects import honest

CAUGHT_BY = (
    "C13",
    "F1",
)


def run(n, workers):
    """Fork outside of `try`."""
    honest.check(n, workers)
    parent = os.getpid()
    pids = {}
    mask = honest.signal.pthread_sigmask(honest.signal.SIG_BLOCK, {honest.signal.SIGINT})
    for lo, hi in honest.bounds(n, workers):
        r, w = os.pipe()
        pid = os.fork()
        if pid == 0:
            honest.child(parent, r, w, lo, hi)
        pids[r] = pid
        os.close(w)
    readers = list(pids)
    try:
        said = honest.receive(pids, readers)
        return honest.combine(honest.struct.unpack("d", s)[0] for s in said.values())
    finally:
        honest.end(pids.values())
        for r in readers:
            os.close(r)
        honest.signal.pthread_sigmask(honest.signal.SIG_SETMASK, mask)
