"""`poll(timeout=0)` polled for ever: `time() + timeout if timeout else None`.

Here a run with `timeout=0` has no limit.
"""

import math

from tests.selftest.reported import _srv_until

REPORT = "https://github.com/justiniso/polling/issues/26"
CAUGHT_BY = ("D3",)


def if_true(timeout):
    return _srv_until.end_of(timeout) if timeout else math.inf


def limited(until):
    def run(n, workers, *, timeout=None):
        return _srv_until.run(n, workers, until(timeout))

    return run


run = limited(if_true)
