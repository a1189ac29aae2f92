"""Workers died of SIGKILL when the thread that had started them ended: PR_SET_PDEATHSIG.

For prctl(2) the parent is the thread that called fork.  Here a helper thread starts the workers,
and ends when all are there: those that still work are killed.
"""

import os
import select
import struct
from concurrent.futures import ThreadPoolExecutor

from tests.selftest.defects import honest

REPORT = "https://github.com/seveas/python-prctl/issues/14"
CAUGHT_BY = ("A1",)


def in_a_helper(call):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()


def starting(by):
    @honest.careful
    def run(n, workers):
        pids, said, open_now = {}, {}, set()
        poller, parent = select.poll(), os.getpid()

        def start():
            for lo, hi in honest.bounds(n, workers):
                r, w = os.pipe()
                open_now.update((r, w))
                pid = os.fork()
                if pid == 0:
                    honest.child(parent, r, w, lo, hi)
                honest.watch(pid, r, pids, open_now, poller)
                said[r] = b""
                os.close(w)
                open_now.remove(w)
                honest.take(pids, said, poller, honest.look(poller))

        try:
            by(start)
            while pids:
                honest.take(pids, said, poller, honest.wait(poller))
            return honest.combine(struct.unpack("d", s)[0] for s in said.values())
        finally:
            if os.getpid() == parent:
                honest.end(pid for pid, _ in pids.values())
            for fd in open_now:
                os.close(fd)

    return run


run = starting(in_a_helper)
