"""Where no time is left, the run is over."""

from tests.selftest.reported import time_left_below_zero as bug


def _left(until):
    if (left := bug._left(until)) <= 0:
        raise TimeoutError("the time is over")
    return left


run = bug.bounded(_left)
