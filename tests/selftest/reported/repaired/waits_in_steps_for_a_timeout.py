"""The caller sleeps in poll(2) until something comes, or the time is over."""

from tests.selftest.reported import _timed

run = _timed.timed()
