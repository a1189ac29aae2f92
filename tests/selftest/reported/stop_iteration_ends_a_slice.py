"""dask: where a function raised StopIteration, the results of its part were cut there, unsaid.

`map` takes it for the end of what it maps.  Here a worker maps the terms of its slice.  One in
which StopIteration is raised sends the sum of the terms before.
"""

import math

from tests.selftest.defects import honest

REPORT = "https://github.com/dask/dask/pull/3558"
CAUGHT_BY = ("C8", "A3")


def term(k):
    return 1.0 / (2 * k + 1) ** 2


def summing(terms):
    """Return run; terms: gives those of a range, as an iterable."""

    def block(start, end):
        return math.fsum(terms(range(start, end)))

    def term_sum(lo, hi):
        total = []
        for start in range(lo, hi, 1024):
            total.append(block(start, min(start + 1024, hi)))
        return math.fsum(total)

    honest.term_sum = term_sum
    return honest.run


run = summing(lambda numbers: map(term, numbers))
