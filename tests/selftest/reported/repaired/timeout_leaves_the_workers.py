"""Workers are ended on each way out of `run`."""

from tests.selftest.reported import _timed

run = _timed.timed()
