"""The caller kills a worker by its pid, after the handler of SIGCHLD has reaped it.

https://github.com/python/cpython/issues/127049
"""

import contextlib
import functools
import os
import select
import signal
import struct

from tests.selftest.defects import honest

CAUGHT_BY = ("A6",)
FOUND_BY = "stalls"
PLAIN = 1


def reap(pids):
    for pid in list(pids):
        with contextlib.suppress(ChildProcessError):
            if os.waitpid(pid, os.WNOHANG)[0]:
                pids.discard(pid)


def through(wait, n, workers):
    parent, pids, said, of = os.getpid(), set(), {}, {}
    poller = select.poll()
    before = signal.signal(signal.SIGCHLD, lambda *_: reap(pids))
    try:
        for lo, hi in honest.bounds(n, workers):
            r, w = os.pipe()
            pid = os.fork()
            if pid == 0:
                honest.child(parent, r, w, lo, hi)
            os.close(w)
            pids.add(pid)
            of[r] = pid
            poller.register(r, select.POLLIN)
        while len(said) < workers:
            for r, _ in wait(poller):
                lives = of[r] in pids
                poller.unregister(r)
                said[r] = os.read(r, 512)
                if lives:
                    os.kill(of[r], signal.SIGKILL)
        return honest.combine(struct.unpack("d", s)[0] for s in said.values())
    finally:
        signal.signal(signal.SIGCHLD, before)
        if os.getpid() == parent:
            honest.end(pids)
        for r in of:
            os.close(r)


run = honest.careful(functools.partial(through, lambda poller: poller.poll()))
