"""The timeout is that of all workers together."""

from tests.selftest.reported import timeout_for_each_worker as bug

run = bug.bounded(bug.for_all)
