"""When the time is over, nothing is read any more."""

from tests.selftest.reported import _timed

run = _timed.timed()
