"""The error names the limits of queues."""

from tests.selftest.reported import too_many_open_queues as bug

run = bug.complaining(bug.explain)
