"""The caller looks for the ends of its workers, then pauses: a signal in between wakes nobody.

https://github.com/gmr/rejected/issues/89
"""

import functools
import os
import signal
import struct

from tests.selftest.defects import honest
from tests.selftest.races import _parts

CAUGHT_BY = ("D4",)
FOUND_BY = "stalls"
PLAIN = 4


def wait_for_one():
    signal.pause()


def through(mask, wait_for_one, n, workers):
    parent, pids, data = os.getpid(), set(), b""
    with _parts.pipe() as (r, w):
        handler = signal.signal(signal.SIGCHLD, lambda *_: None)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, mask)
        try:
            for lo, hi in honest.bounds(n, workers):
                pid = os.fork()
                if pid == 0:
                    honest.child(parent, r, w, lo, hi)
                pids.add(pid)
            while True:
                pids -= {pid for pid in pids if os.waitpid(pid, os.WNOHANG)[0]}
                data += _parts.read_all(r)
                if not pids:
                    return honest.combine(struct.unpack(f"{workers}d", data))
                wait_for_one()
        finally:
            if os.getpid() == parent:
                honest.end(pids)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            signal.signal(signal.SIGCHLD, handler)


run = honest.careful(functools.partial(through, (), wait_for_one))
