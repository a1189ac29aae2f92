"""multiprocessing's resource tracker hung: the collector called it while it held its own lock.

Here a run notes its slices in a table of the module, under a lock.  A finalizer that calls `run`,
and that the collector calls at this moment, waits for the lock of its own thread.
"""

import os
import threading

from tests.selftest.defects import honest

REPORT = "https://github.com/python/cpython/issues/109593"
CAUGHT_BY = ("E7",)
MISSED = "it hangs where the collector runs amid a few lines: once in hundreds of runs"
_table = {}


def noting(kind):
    """Return run; kind makes the lock."""
    locks = [kind()]
    os.register_at_fork(after_in_child=lambda: locks.append(kind()))

    @honest.careful
    def run(n, workers):
        key = object()
        try:
            with locks[-1]:
                _table[key] = [{"from": lo, "to": hi} for lo, hi in honest.bounds(n, workers)]
            return honest.run(n, workers)
        finally:
            with locks[-1]:
                _table.pop(key, None)

    return run


run = noting(threading.Lock)
