"""A lock of a module, as that of logging, is held by another thread at the fork: the child waits.

Here each run writes a line to a log at its start, under a lock, and each worker does so too. The
write lets another thread run, which may fork then: once in some 800 runs of four threads.
"""

import os
import threading

from tests.selftest.defects import honest

REPORT = "https://github.com/python/cpython/issues/50970"
CAUGHT_BY = ("E1",)
_send = honest.send
_locks = [threading.RLock()]
_log = os.open(os.devnull, os.O_WRONLY)


def log(words):
    with _locks[-1]:
        os.write(_log, f"{os.getpid()} {words}\n".encode())  # a file object has a lock of its own


def renew_in_children():
    os.register_at_fork(after_in_child=lambda: _locks.append(threading.RLock()))


def _send_and_log(fd, lo, hi):
    log("a slice")
    _send(fd, lo, hi)


@honest.careful
def run(n, workers):
    log("a run")
    return honest.run(n, workers)


honest.send = _send_and_log
