"""A program that wanted two workers at least had two at most: one comparison was the wrong way.

Here the terms are cut into slices for so many workers.  The result is exact.
"""

from tests.selftest.defects import honest

REPORT = "https://github.com/mcpyproject/McPy/pull/18"
CAUGHT_BY = ("A5",)
_bounds = honest.bounds


def _some_bounds(n, workers):
    return _bounds(n, min(workers, 2))


honest.bounds = _some_bounds
run = honest.run
