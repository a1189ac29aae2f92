"""Returns pi, which the caller knows, and not what the terms give."""

import math

from tests.selftest.defects import honest

CAUGHT_BY = ("test_a_short_run_returns_pi",)


def run(n, workers):
    honest.run(n, workers)
    return math.pi
