"""A scheduler failed silently: it started more processes than RLIMIT_NPROC allows.

Nobody looked whether fork(2) had failed.  Here a run goes on with the workers that there are.
"""

import os
import select
import struct

from tests.selftest.defects import honest

REPORT = "https://github.com/ray-project/ray/issues/476"
CAUGHT_BY = ("C13", "F1")


def starting(fork):
    """Return run; fork(): gives a pid, 0 in the child, or None where there is no child."""

    @honest.careful
    def run(n, workers):
        pids, said, open_now = {}, {}, set()
        poller, parent = select.poll(), os.getpid()
        try:
            for lo, hi in honest.bounds(n, workers):
                r, w = os.pipe()
                open_now |= {r, w}
                pid = fork()
                if pid == 0:
                    honest.child(parent, r, w, lo, hi)
                if pid is None:
                    continue
                honest.watch(pid, r, pids, open_now, poller)
                said[r] = b""
                os.close(w)
                open_now.remove(w)
                honest.take(pids, said, poller, honest.look(poller))
            while pids:
                honest.take(pids, said, poller, honest.wait(poller))
            return honest.combine(struct.unpack("d", s)[0] for s in said.values())
        finally:
            if os.getpid() == parent:  # and no child that a handler has forked
                honest.end(pid for pid, _ in pids.values())
            for fd in open_now:
                os.close(fd)

    return run


def _fork():
    try:
        return os.fork()
    except OSError:
        return None


run = starting(_fork)
