"""Time is measured by time.monotonic(), which nobody can set."""

from tests.selftest.reported import _timed

run = _timed.timed()
