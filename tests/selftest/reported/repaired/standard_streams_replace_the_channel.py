"""The pipe is moved to a number above those of the standard streams first."""

from tests.selftest.reported.standard_streams_replace_the_channel import above, redirected

run = redirected(above)
