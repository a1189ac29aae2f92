"""The thread forks that waits for the workers."""

from tests.selftest.reported import forking_thread_has_ended as reported

run = reported.starting(lambda call: call())
