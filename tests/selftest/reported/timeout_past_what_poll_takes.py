"""Popen.wait raises OverflowError for a timeout of 1e10 s, which it hands to poll(2) as it is.

poll(2) takes an int of milliseconds: 24.8 days.  Here the caller does the same.
"""

from tests.selftest.reported import _timed

REPORT = "https://github.com/python/cpython/issues/154836"
CAUGHT_BY = ("D3",)
run = _timed.timed(patience=lambda seconds: seconds * 1000)
