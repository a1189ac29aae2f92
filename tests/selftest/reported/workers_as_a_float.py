"""A setting took 1.2 for a number of workers, and the pools failed when they started: int("1.2").

Here a float is good as the number of workers, too, and is rounded up.  Each worker reads it from a
text, as from its command line, and raises.
"""

import math

from tests.selftest.defects import honest
from tests.selftest.reported import _call

REPORT = "https://github.com/Parsl/parsl/pull/4117"
CAUGHT_BY = ("H2",)
_check, _bounds, _send = honest.check, honest.bounds, honest.send


def _rounded(workers):
    return math.ceil(workers) if type(workers) is float else workers


def _send_as_one_of_them(fd, lo, hi):
    if int(_call.current().workers) < 1:
        raise ValueError("there is no worker")
    _send(fd, lo, hi)


def run(n, workers):
    with _call.call(workers=str(workers)):
        return honest.run(n, workers)


honest.check = lambda n, workers: _check(n, _rounded(workers))
honest.bounds = lambda n, workers: _bounds(n, _rounded(workers))
honest.send = _send_as_one_of_them
