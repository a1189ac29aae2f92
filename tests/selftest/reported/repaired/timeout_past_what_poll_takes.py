"""It waits for 24 days, and then once more."""

from tests.selftest.reported import _timed

run = _timed.timed()
