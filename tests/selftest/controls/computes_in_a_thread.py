"""A worker computes in a thread, and its main thread waits for that."""

import threading

from tests.selftest.defects import honest

_compute = honest.term_sum


def _sum(lo, hi):
    sums = []
    thread = threading.Thread(target=lambda: sums.append(_compute(lo, hi)), daemon=True)
    thread.start()
    thread.join()
    return sums[0]


honest.term_sum = _sum
run = honest.run
