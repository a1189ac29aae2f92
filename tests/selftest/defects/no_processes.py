"""Threads are taken for workers: there is no other process."""

import threading

from tests.selftest.defects import _base, honest

CAUGHT_BY = ("A5",)


@_base.careful
def run(n, workers):
    sums = []
    threads = [
        threading.Thread(target=lambda b=bounds: sums.append(honest.term_sum(*b)))
        for bounds in honest.bounds(n, workers)
    ]
    try:
        for thread in threads:
            thread.start()
    except RuntimeError as error:
        raise OSError(str(error)) from error
    for thread in threads:
        thread.join()
    return honest.combine(sums)
