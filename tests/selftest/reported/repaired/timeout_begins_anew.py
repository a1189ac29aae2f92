"""The timeout is that of the whole run."""

from tests.selftest.reported import _timed

run = _timed.timed()
