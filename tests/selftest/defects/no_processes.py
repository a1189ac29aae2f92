"""Threads are taken for workers: there is no other process."""

import threading

from tests.selftest.defects import _base, honest

CAUGHT_BY = (
    "A5",
    "C1",
    "C2",
    "C3",
    "C5",
    "C6",
    "C7",
    "C8",
    "C9",
    "C11",
    "E5",
)


@_base.careful
def run(n, workers):
    sums = []
    threads = [
        threading.Thread(target=lambda b=bounds: sums.append(honest.term_sum(*b)))
        for bounds in honest.bounds(n, workers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return honest.combine(sums)
