"""A library raised the recursion limit for a plot, and left it so for the whole program.

Here the caller raises it before it forks, for its workers.
"""

import sys

from tests.selftest.defects import honest

REPORT = "https://github.com/malariagen/malariagen-data-python/issues/1305"
CAUGHT_BY = ("E6",)


def deep():
    sys.setrecursionlimit(10_000)


@honest.careful
def run(n, workers):
    deep()
    return honest.run(n, workers)
