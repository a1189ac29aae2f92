"""A lock of a module, as that of logging, is held by another thread at the fork: the child waits.

Here each run takes a line into a log, under a lock, at its start, and each worker does so too. It
is held for some ten microseconds, so that four threads take some hundred runs to meet.
"""

import collections
import logging
import os
import threading

from tests.selftest.defects import honest

REPORT = "https://github.com/python/cpython/issues/50970"
CAUGHT_BY = ("E1",)
_send = honest.send
_lines = collections.deque(maxlen=10)
_locks = [threading.RLock()]


def log(words):
    with _locks[-1]:
        record = logging.LogRecord("pi", logging.INFO, __file__, 0, words, (), None)
        _lines.append(logging.Formatter("%(asctime)s %(process)d %(message)s").format(record))


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
