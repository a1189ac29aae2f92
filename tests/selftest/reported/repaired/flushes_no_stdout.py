"""A stream that is None, closed or broken is not flushed."""

from tests.selftest.reported import flushes_no_stdout as reported

run = reported.flushing(reported.what_there_is)
