"""Those that have been started are ended and reaped."""

from tests.selftest.reported import workers_before_a_failed_fork_stay as bug

run = bug.starting(where_failed=bug.end_and_reap)
