"""The worker that failed first is blamed."""

from tests.selftest.reported.blames_whom_it_ended import blaming

run = blaming(lambda failed: failed[0])
