"""0 seconds are refused."""

from tests.selftest.reported import _timed

run = _timed.timed()
