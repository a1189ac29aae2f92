"""A tool divided its memory by the number of its processes, which was 0: ZeroDivisionError.

Here a worker may use its part of a TiB, RLIMIT_DATA, or a GiB.
"""

import resource

from tests.selftest.defects import honest
from tests.selftest.reported import _call

REPORT = "https://github.com/OSGeo/grass-addons/issues/1831"
CAUGHT_BY = ("H1",)
ALL, LEAST = 1 << 40, 1 << 30
_send = honest.send


def _send_within(fd, lo, hi):
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard == resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_DATA, (_call.current().most, hard))
    _send(fd, lo, hi)


def dividing(check):
    """Return run; check(n, workers): done before it divides."""

    def run(n, workers):
        check(n, workers)
        with _call.call(most=max(LEAST, ALL // workers)):
            return honest.run(n, workers)

    honest.send = _send_within
    return run


def _check_types(n, workers):
    for name, value in (("n", n), ("workers", workers)):
        if type(value) is not int:
            raise TypeError(f"{name} must be an int, not {value!r}")


run = dividing(_check_types)
