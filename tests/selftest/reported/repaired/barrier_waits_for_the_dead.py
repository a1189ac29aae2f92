"""The caller waits for the end of any worker, and ends the others where one has failed."""

from tests.selftest.reported import barrier_waits_for_the_dead as bug

run = bug.meeting(bug.wait_for_any)
