"""A timeout has to be a float: 30 is refused, and 30.0 is not."""

import math

from tests.selftest.reported import _timed

CAUGHT_BY = ("D3",)


def check(timeout):
    if timeout is not None and (type(timeout) is not float or not 0 < timeout < math.inf):
        raise TypeError(f"timeout must be a float, not {timeout!r}")


run = _timed.timed(check=check)
