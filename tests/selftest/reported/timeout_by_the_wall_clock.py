"""Time is measured by time.time(): when the clock is set, a timeout comes at once, or hours late.

Here the end of the timeout is a time of day.
"""

import time

from tests.selftest.reported import _timed

REPORT = "https://github.com/mitogen-hq/mitogen/issues/200"
CAUGHT_BY = ("D3",)
run = _timed.timed(clock=time.time)
