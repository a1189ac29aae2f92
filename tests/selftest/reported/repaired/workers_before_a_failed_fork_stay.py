"""Those that have been started are ended and reaped."""

from tests.selftest.reported.workers_before_a_failed_fork_stay import starting

run = starting(ends=True)
