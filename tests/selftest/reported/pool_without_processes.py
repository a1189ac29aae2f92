"""billiard: Pool(processes=0) had no workers and waited for ever; -1 was an unrelated ValueError.

Here a run with as many workers waits for one that is free, and has a list with a mark of each.
"""

import select

from tests.selftest.defects import honest

REPORT = "https://github.com/celery/billiard/pull/462"
CAUGHT_BY = ("H1",)


def _check(n, workers):
    for name, value in (("n", n), ("workers", workers)):
        if type(value) is not int:
            raise TypeError(f"{name} must be an int, not {value!r}")
    if n < 0:
        raise ValueError(f"n must be at least 0, not {n}")


@honest.careful
def _run(n, workers):
    free = bytearray(workers)
    while not free:
        honest.wait(select.poll())
    return honest.run(n, len(free))


def checking(check):
    """Return run; check(n, workers) raises where they are of no use."""
    honest.check = check
    return _run


run = checking(_check)
