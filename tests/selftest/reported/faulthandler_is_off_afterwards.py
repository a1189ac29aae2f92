"""A plugin switched faulthandler off at its end, and a crash after that was not told of.

Here a run switches it off, so that a worker which crashes prints nothing.
"""

import faulthandler

from tests.selftest.defects import honest

REPORT = "https://github.com/pytest-dev/pytest-faulthandler/issues/3"
CAUGHT_BY = ("E2",)


@honest.careful
def run(n, workers):
    faulthandler.disable()
    return honest.run(n, workers)
